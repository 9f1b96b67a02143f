// For tests of services, and of the library itself: a service in memory; and time, randomness and a network by a seed.

export { type Seed, SeededRandom } from './testing/kit/random.ts';
export { VirtualClock } from './testing/kit/virtual-clock.ts';
export { EventLog, type LogDetails, type LogEntry, type LogValue } from './testing/log/event-log.ts';
export type { Begins, Between, Fault, Lasts } from './testing/network/faults.ts';
export type { LinkOptions } from './testing/network/link.ts';
export {
  type HostWatch,
  type NetworkOptions,
  type SimulatedNetwork,
  simulatedNetwork,
} from './testing/network/network.ts';
export { type SimulateOptions, SimulationFailed, type SimulationResult, simulate } from './testing/simulate.ts';
export type { SimulatedServer } from './testing/simulated-server.ts';
export type { GivenOptions, Placed, Simulation } from './testing/simulation.ts';
export { type TestService, type TestServiceOptions, testService } from './testing/test-service.ts';
