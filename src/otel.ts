// For everyone who traces sends and Commands with OpenTelemetry.

export { type OpenTelemetryOptions, openTelemetry } from './telemetry/otel/open-telemetry.ts';
