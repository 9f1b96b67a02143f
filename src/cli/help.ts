/** The text of `cmd-stream --help`. */
export const HELP = `cmd-stream: typed Commands to a server and Results back

Usage:
  cmd-stream demo  [options]                              watch a group of clients live through an outage
  cmd-stream serve [options]                              serve the calc example
  cmd-stream call  ADDRESS COMMAND [PAYLOAD] [options]    send one Command and print its Results
  cmd-stream inspect [options]                            watch the statecharts of a demo live in a browser

  cmd-stream --version

cmd-stream demo --help (serve, call, inspect) tells the options.`;

const CODEC = '--codec msgpack|json   the payload format (default msgpack)';

const HELP_OF: Readonly<Record<string, string>> = {
  demo: `Usage: cmd-stream demo [options]

Runs a server and a sender with four clients over TCP: single Results, deadlines, a stream, 10,000 Commands at once;
then the server stops, the circuit breaker opens, the clients back off; the server returns, and so does service.

Options:
  --address HOST:PORT    send to a 'cmd-stream serve' that is running already; the outage is left out. A server of
                         another protocol does not know the demo's Commands
  ${CODEC}`,
  serve: `Usage: cmd-stream serve [options]

Serves the calc example (Add, Countdown, AddLater) until it is interrupted.

Options:
  --port N               the TCP port (default 9000; 0: any free one)
  --host HOST            the address to listen on (default 127.0.0.1)
  ${CODEC}`,
  inspect: `Usage: cmd-stream inspect [options]

Runs the demo slowly and without end, and shows it in a browser: group, clients, circuit breaker, sessions, requests.
Without --local in Stately Inspector (https://stately.ai/inspect), through the package @statelyai/inspect, whose server
takes connections on every interface of this machine.

Options:
  --local                a page of this package's own on 127.0.0.1, which needs no other site and no other package
  --port N               the TCP port (default 8080, with --local 7007; 0 with --local: any free one)
  --no-open              do not open a browser
  --pace MS              the pause between Commands (default 400)`,
  call: `Usage: cmd-stream call ADDRESS COMMAND [PAYLOAD] [options]

Sends one Command and prints each of its Results as a line of JSON. PAYLOAD is JSON.

  cmd-stream call 127.0.0.1:9000 Add '{"a":2,"b":3}' --protocol calc.ts

Options:
  --protocol FILE        your module that exports the protocol; TypeScript as well, where tsx is installed or Node is
                         22.18 or later (default: what 'cmd-stream serve' speaks)
  --export NAME          the export to use, where the module exports several protocols
  ${CODEC}
  --timeout MS           the deadline over all Results (default 10000)
  --server-info TEXT     the ServerInfo that the server must have (default 'default')
  --tls                  connect by TLS, trusting the authorities of Node
  --tls-ca FILE          connect by TLS, trusting this authority (PEM)
  --tls-cert FILE        the certificate to present, for mutual TLS (PEM)
  --tls-key FILE         its key (PEM)`,
};

/** The text of `cmd-stream NAME --help`; without a name, or for an unknown one, that of `cmd-stream --help`. */
export function helpOf(name: string | undefined): string {
  return name !== undefined && Object.hasOwn(HELP_OF, name) ? (HELP_OF[name] as string) : HELP;
}
