// Mutual TLS: the server shows its certificate, and asks the client for one. These are made here; take your own.
// Run it: npx tsx examples/tls.ts (outside of a checkout, npm install selfsigned first)
import { CmdStreamError, createSender, serve } from 'cmd-stream';
import { Calculator, calc, handlers } from './calc.ts';
import { makeCertificates } from './certificates.ts';

const { ca, server: serverIdentity, client: clientIdentity } = await makeCertificates();

await using server = await serve(calc, new Calculator(), handlers, {
  tls: { ...serverIdentity, ca, requestCert: true },
  onAcceptError: (error) => console.log('the server turned a client away:', error.code),
});

await using sender = await createSender(calc, { address: server.address, tls: { ...clientIdentity, ca } });
console.log('2 + 3 =', await sender.send(calc.Add({ a: 2, b: 3 })));

try {
  await using _ = await createSender(calc, { address: server.address, tls: { ca }, reconnect: false });
  console.log('a client without a certificate came in');
} catch (error) {
  console.log('a client without a certificate:', error instanceof CmdStreamError ? error.code : error);
}
