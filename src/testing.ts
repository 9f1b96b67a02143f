// For tests of services, and of the library itself: a service in memory; and time, randomness and a network by a seed.
export { EventLog, type LogDetails, type LogEntry, type LogValue } from './testing/event-log.ts';
export type { Fault } from './testing/faults.ts';
export type { LinkOptions } from './testing/link.ts';
export { type HostWatch, type NetworkOptions, type SimulatedNetwork, simulatedNetwork } from './testing/network.ts';
export { type Seed, SeededRandom } from './testing/random.ts';
export { type SimulateOptions, SimulationFailed, type SimulationResult, simulate } from './testing/simulate.ts';
export type { SimulatedServer } from './testing/simulated-server.ts';
export type { Placed, Simulation } from './testing/simulation.ts';
export { type TestService, type TestServiceOptions, testService } from './testing/test-service.ts';
export { VirtualClock } from './testing/virtual-clock.ts';
