/** The text of `cmd-stream --help`. */
const HELP = `cmd-stream: typed Commands to a server and Results back

Usage:
  cmd-stream ls    HOST:PORT [options]                      ask a running server what it has
  cmd-stream describe HOST:PORT COMMAND [options]           what one Command takes, and which Results answer it
  cmd-stream status HOST:PORT [options]                     ask a running server how it is doing
  cmd-stream call  HOST:PORT COMMAND [PAYLOAD] [options]    send one Command and print its Results
  cmd-stream ping  HOST:PORT [options]                      measure round trips
  cmd-stream demo  [options]                                watch a group of clients live through an outage
  cmd-stream serve [options]                                serve the calc example
  cmd-stream serve FILE [--workers N]                       run your server in several processes that share its port
  cmd-stream inspect [options]                              watch the statecharts of a demo live in a browser
  cmd-stream coverage FILE [options]                        see which transitions production took, beside the tests

  cmd-stream --version

cmd-stream ls --help (and so on) tells the options. Exit codes: 0 fine, 1 failed, 2 wrong usage.`;

const CODEC = '--codec msgpack|json   the payload format (default msgpack)';

/** What all that connect to a server have in common. */
const CONNECT = `--server-info TEXT     the ServerInfo that the server must have (default: whatever it is)
  --metadata KEY=VALUE   goes with the connection, for the server's 'authorize', and with the Command; repeatable
  --tls                  connect by TLS, trusting the authorities of Node; the options below imply it
  --ca FILE              trust this authority (PEM)
  --cert FILE            the certificate to present, for mutual TLS (PEM)
  --key FILE             its key (PEM)
  --servername NAME      the name that the server's certificate must carry (default: the host of the address)
  --insecure             take any certificate: anybody can play the server then`;

/** What all that go over NATS have in common. */
const BY_NATS = `--nats URL[,URL]       over brokers of NATS, nats://HOST:PORT or tls://HOST:PORT; needs @nats-io/transport-node. The
                         options of TLS are for the broker then
  --service NAME         the service there (default calc)
  --creds FILE           credentials of the user; or one of these, secrets being in files
  --nkey FILE            the seed of an nkey
  --token FILE           a token
  --user NAME            a user
  --password FILE        the user's password`;

const HELP_OF: Readonly<Record<string, string>> = {
  demo: `Usage: cmd-stream demo [options]

Runs a server and a sender with four clients over TCP: single Results, deadlines, a stream, 10,000 Commands at once;
then the server stops, the circuit breaker opens, the clients back off; the server returns, and so does service.

Options:
  --address HOST:PORT    send to a 'cmd-stream serve' that is running already; the outage is left out. A server of
                         another protocol does not know the demo's Commands
  ${CODEC}
  --nats                 over a broker of NATS, which must be installed (nats-server): three servers under load, one is
                         killed, one leaves, one comes`,
  serve: `Usage: cmd-stream serve [options]

Serves the calc example (Add, Countdown, AddLater) until it is interrupted.

Options:
  --port N               the TCP port (default 9000; 0: any free one)
  --host HOST            the address to listen on (default 127.0.0.1)
  ${CODEC}
  --go-clients           for clients of cmd-stream-go: offers no wire extension, so that 'ls' is told nothing
  --cert FILE            speak TLS with this certificate (PEM)
  --key FILE             its key (PEM)
  --ca FILE              with --nats: trust this authority (PEM)
  ${BY_NATS}

       cmd-stream serve FILE [--workers N] [--via round-robin|reuse-port]

Runs FILE, a module that calls serve(), in several processes that share its port; TypeScript as well, where tsx is
installed or Node is 22.18 or later. One that dies is replaced, five deaths within a minute end it. SIGTERM and Ctrl-C
let them finish what is under way; SIGUSR2 replaces them one by one, and nothing fails.

  --workers N            how many (default: one for each core)
  --via HOW              how connections come to them: in turns, or spread by the system (default round-robin)`,
  inspect: `Usage: cmd-stream inspect [options]

Runs the demo slowly and without end, and shows it in a browser: group, clients, circuit breaker, sessions, requests.
Without --local in Stately Inspector (https://stately.ai/inspect), through the package @statelyai/inspect, whose server
takes connections on every interface of this machine.

Options:
  --local                a page of this package's own on 127.0.0.1, which needs no other site and no other package
  --port N               the TCP port (default 8080, with --local 7007; 0 with --local: any free one)
  --no-open              do not open a browser
  --pace MS              the pause between Commands (default 400)`,
  coverage: `Usage: cmd-stream coverage FILE [options]

Lays the transitions of statecharts that production took over those that the tests of this version take: FILE is a
scrape of metricsText(), of one process or of several, or - for standard input.

  curl -s http://127.0.0.1:9464 | cmd-stream coverage - --svg drawings

Each is told by the state that was left, the event, and where it led to. Exit code 1 where production took one that no
test did: the models of the tests do not know that it can happen, or the process ran another version.

Options:
  --svg FOLDER           write the drawing of each chart with its transitions in colours: of production and tests, of
                         one of them, of neither
  --json                 one JSON document`,
  ls: `Usage: cmd-stream ls HOST:PORT [options]
       cmd-stream ls --nats URL [--service NAME] [options]

Shows what a running server says of itself: version, codec, Commands with their payloads, and the Results that answer
them, where '(several)' marks those of streams. A payload is 'unknown' where no validator of the server gives JSON
Schema for it. A Go server tells nothing.

Options:
  --json                 one JSON document, with the JSON Schemas
  --timeout MS           the time to connect in (default 10000)
  ${CONNECT}
  ${BY_NATS}`,
  describe: `Usage: cmd-stream describe HOST:PORT COMMAND [options]

Shows what a running server says of one Command: its payload, in short and as JSON Schema where a validator of the
server gives it, and the Results that answer it.

Options:
  --json                 one JSON document
  --timeout MS           the time to connect in (default 10000)
  ${CONNECT}`,
  status: `Usage: cmd-stream status HOST:PORT [options]

Shows how a running server is doing: version, how long it serves, its connections (this one is among them), and how many
Commands it is executing. One with 'describe: false', of an older version, or of Go does not tell.

Options:
  --json                 one JSON document
  --timeout MS           the time to connect in (default 10000)
  ${CONNECT}`,
  ping: `Usage: cmd-stream ping HOST:PORT [options]

Measures round trips by the protocol's own Ping, which every server answers, a Go server as well. Ctrl-C ends it with
the summary.

Options:
  --count N              stop after N round trips (default: Ctrl-C)
  --interval MS          the pause between them (default 1000)
  --json                 the summary alone, as one JSON document
  --timeout MS           the time to connect in, and that for each Pong (default 10000)
  ${CONNECT}`,
  call: `Usage: cmd-stream call HOST:PORT COMMAND [PAYLOAD] [options]
       cmd-stream call COMMAND [PAYLOAD] --nats URL --protocol FILE [options]

Sends one Command and prints each of its Results as a line of JSON: the value, or {"type","value"} where it may be one
of several types. PAYLOAD is JSON; @FILE is a file with JSON in it, - is standard input.

  cmd-stream call 127.0.0.1:9000 Add '{"a":2,"b":3}'

The server says which codec it speaks, which Commands it has, and when the last Result of a stream has come; Ctrl-C or
--count ends it sooner. One that does not say so (a Go server), or speaks Protobuf or MUS, needs --protocol.

Options:
  --protocol FILE        your module that exports the protocol; TypeScript as well, where tsx is installed or Node is
                         22.18 or later. The ServerInfo must be 'default' then, or what --server-info says
  --export NAME          the export to use, where the module exports several protocols
  --codec NAME           msgpack, json, or with --protocol an export of the module that is a codec (default: the
                         server's; with --protocol msgpack)
  --count N              stop after N Results
  --repeat N             send it N times, one after the other, each on a connection of its own; a failure is the end
  --watch SECONDS        send it again after a pause, until Ctrl-C or as often as --repeat says; goes on after a failure
  --timeout MS           the deadline over all Results (default 10000; for a stream none)
  --json                 what goes wrong is a line of JSON as well: code, mayHaveExecuted, message
  ${CONNECT}
  ${BY_NATS}`,
};

/** The text of `cmd-stream NAME --help`; without a name, or for an unknown one, that of `cmd-stream --help`. */
export function helpOf(name: string | undefined): string {
  return name !== undefined && Object.hasOwn(HELP_OF, name) ? (HELP_OF[name] as string) : HELP;
}
