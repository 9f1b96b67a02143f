export function showResults(): void {}
