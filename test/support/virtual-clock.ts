export { VirtualClock } from '../../src/testing/kit/virtual-clock.ts';
