import { once } from 'node:events';
import { type ServerTlsOptions, serve } from '../index.ts';
import { Calculator, calc, handlers } from './calc.ts';
import { codecNamed } from './codec-option.ts';
import { contentsOf } from './connect-options.ts';
import { NATS_OPTIONS, readNatsWay, refuseBesideNats } from './nats-options.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseWholeNumber, UsageError } from './usage-error.ts';

/** `cmd-stream serve`: the calc example, until SIGINT or SIGTERM. */
export async function serveCalc(args: string[], out: Terminal): Promise<number> {
  const { values } = parseArguments({
    args,
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      codec: { type: 'string', default: 'msgpack' },
      'go-clients': { type: 'boolean', default: false },
      cert: { type: 'string' },
      key: { type: 'string' },
      ca: { type: 'string' },
      ...NATS_OPTIONS,
    },
  });
  const calculator = new Calculator();
  const codec = codecNamed(values.codec);
  const way = await readNatsWay(values);
  if (way === undefined && values.ca !== undefined) throw new UsageError('--ca goes with --nats URL');
  if (way !== undefined) refuseBesideNats(values, ['port', 'host', 'go-clients']);
  const server = await serve(
    calc,
    calculator,
    handlers,
    way === undefined
      ? {
          port: parseWholeNumber('port', values.port ?? '9000', 0, 65_535),
          host: values.host ?? '127.0.0.1',
          codec,
          goClients: values['go-clients'],
          tls: await tlsOptions(values.cert, values.key),
        }
      : { codec, engine: way.engine },
  );
  const where = way === undefined ? server.address : `${way.urls.join(',')} as '${way.service}'`;
  out.line(`serving Add, Countdown and AddLater on ${where} (${values.codec}); stop with Ctrl-C`);
  const stopped = new AbortController();
  const { signal } = stopped;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  stopped.abort();
  out.line('finishing what is under way');
  await server.shutdown();
  out.line(`stopped; sums made: ${calculator.sums}`);
  return 0;
}

/** Both or neither. @throws UsageError */
async function tlsOptions(certFile?: string, keyFile?: string): Promise<ServerTlsOptions | undefined> {
  const cert = await contentsOf('cert', certFile);
  const key = await contentsOf('key', keyFile);
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new UsageError('--cert and --key go together');
}
