import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { createMetrics } from 'cmd-stream/metrics';
import { openTelemetry } from 'cmd-stream/otel';
import type { BenchSystem } from '../system.ts';
import { EVERYTHING, system } from './cmd-stream.ts';

/** Everything on, and counted by metrics at both ends. */
export const cmdStreamMetrics = system({ ...EVERYTHING, telemetry: createMetrics({ buckets: 'fast' }) });

/** Everything on, with a span for each send and each Command that no sampler takes, and its context on the wire. */
export function cmdStreamTraces(): BenchSystem {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracerProvider = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
  return system({ ...EVERYTHING, telemetry: openTelemetry({ tracerProvider }) });
}
