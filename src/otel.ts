// For everyone who traces sends and Commands with OpenTelemetry.

export { type OpenTelemetryOptions, openTelemetry } from './telemetry/otel/open-telemetry.ts';
export { type TraceCmd, traceCmd, traceCmds } from './telemetry/otel/trace-command.ts';
