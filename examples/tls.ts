// Mutual TLS: the server shows its certificate, and asks the client for one. The certificates are made here; take yours.
// Run it: npx tsx examples/tls.ts
import { CmdStreamError, createSender, serve } from 'cmd-stream';
import { Calculator, calc } from './calc.ts';
import { makeCertificates } from './certificates.ts';

const { ca, server: serverIdentity, client: clientIdentity } = await makeCertificates();

await using server = await serve(
  calc,
  new Calculator(),
  {
    Add: ({ a, b }, { receiver }) => receiver.add(a, b),
    async *Countdown({ from }) {
      for (let n = from; n > 0; n--) yield { n, last: n === 1 };
    },
  },
  { tls: { ...serverIdentity, ca, requestCert: true }, onAcceptError: (error) => console.log('server:', error.code) },
);

await using sender = await createSender(calc, { address: server.address, tls: { ...clientIdentity, ca } });
console.log('2 + 3 =', await sender.send(calc.Add({ a: 2, b: 3 })));

// A client without a certificate is turned away.
try {
  await using _ = await createSender(calc, { address: server.address, tls: { ca }, reconnect: false });
  console.log('a client without a certificate came in');
} catch (error) {
  console.log('without a certificate:', error instanceof CmdStreamError ? error.code : error);
}
