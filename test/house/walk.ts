// npm run walk: how many files and functions one send crosses, both ends counted. `npm run walk -- all` names them.
import { Session } from 'node:inspector/promises';
import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';

const protocol = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});
await using server = await serve(protocol, null, { Echo: (value) => value });
await using sender = await createSender(protocol, { address: server.address });
// What happens the first time only is no part of the walk.
for (let n = 0; n < 20; n++) await sender.send(protocol.Echo({ n }));

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await sender.send(protocol.Echo({ n: 0 }));
await session.post('Profiler.takePreciseCoverage');
await sender.send(protocol.Echo({ n: 1 }));
const { result: covered } = await session.post('Profiler.takePreciseCoverage');

const ROOT = new URL('../../', import.meta.url).href;
const walked = covered
  .filter(({ url }) => /^(src|machines)\//.test(url.slice(ROOT.length)) && url.startsWith(ROOT))
  .flatMap(({ url, functions }) =>
    functions
      .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName }) => ({ file: url.slice(ROOT.length), functionName })),
  );

for (const wing of ['src/sender/', 'src/server/', '']) {
  const here = walked.filter(({ file }) => file.startsWith(wing));
  const name = wing === '' ? 'both ends' : wing;
  console.log(`${name.padEnd(12)} ${new Set(here.map(({ file }) => file)).size} files, ${here.length} functions`);
}
if (process.argv[2] === 'all') for (const { file, functionName } of walked) console.log(`${file} ${functionName}`);
