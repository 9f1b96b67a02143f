// For those who write a transport of their own: 'cmd-stream/transport'.
export type { ProcessHolder } from './base/process-hold.ts';
export type { Metadata } from './wire/extension/metadata.ts';
export type { CertificateName, PeerCertificate } from './wire/transport/certificate.ts';
export type { Peer, PeerTls } from './wire/transport/peer.ts';
export type { ServerTlsOptions } from './wire/transport/tls-options.ts';
export type {
  ByteStream,
  ByteStreamConsumer,
  Listener,
  ListenerEvents,
  ListenOptions,
  Transport,
} from './wire/transport/transport.ts';
