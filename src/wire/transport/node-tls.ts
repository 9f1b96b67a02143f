/** Node's TLS, loaded by the first who uses it: with what it stands on, a tenth of what it takes to import the library. */
export const nodeTls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

/** Node's certificates and ciphers, loaded by the first who uses them. */
export const nodeCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');
