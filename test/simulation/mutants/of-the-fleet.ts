import type { Mutant } from './mutant.ts';

/** Faults in how connections spread, which only a fleet of senders shows. */
export const OF_THE_FLEET: readonly Mutant[] = [
  {
    name: 'nobody moves home',
    file: 'machines/client-logic.ts',
    from: 'mayGoHome: ({ context }) => mayRetire(context) && context.link.mayGoHome(),',
    to: 'mayGoHome: () => false,',
    why: 'after a rolling restart all connections are on two servers of three, for ever',
  },
  {
    name: 'all begin at the first',
    file: 'src/sender/client/homes.ts',
    from: 'return mixed(addressHash ^ taste);',
    to: 'return addressHash;',
    why: 'the first client of every sender is at the same server',
  },
  {
    name: 'a failed dial home loses the connection',
    file: 'machines/client.ts',
    from: "                onError: 'away',",
    to: "                onError: '#client.reconnecting',",
    why: 'who tries to go home is worse off than who does not',
  },
  {
    name: 'all move at once',
    file: 'machines/client-logic.ts',
    from: '(0.5 + 0.5 * random()) * Math.max(timings.backoffMaxMs, 10)',
    to: '0 * random() + 5000 + 0 * timings.backoffMaxMs',
    why: 'a server that is new gets its share of a fleet in the same moment',
  },
];
