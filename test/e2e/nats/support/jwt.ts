import { nkeys } from '@nats-io/transport-node';

/** A pair of keys of NATS. */
type Pair = ReturnType<typeof nkeys.createUser>;

const text = new TextDecoder();
const bytes = new TextEncoder();
const ANY = -1;
const HEADER = part({ typ: 'JWT', alg: 'ed25519-nkey' });

/** An operator and one account of it, as brokers know them that know no users. */
export class Authority {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();

  /** Lines of a broker's configuration that let the account's users in. */
  get settings(): string {
    const operator = signed(this.#operator, this.#operator, { type: 'operator' });
    const counts = { subs: ANY, data: ANY, payload: ANY, imports: ANY, exports: ANY, conn: ANY, leaf: ANY };
    const limits = { ...counts, wildcards: true };
    const account = signed(this.#operator, this.#account, { type: 'account', limits });
    const preload = `${this.#account.getPublicKey()}: "${account}"`;
    return `operator: "${operator}"\nresolver: MEMORY\nresolver_preload: { ${preload} }`;
  }

  /** A JWT for a user; it is over after so many seconds. */
  userJwt(user: Pair, seconds: number): string {
    const exp = Math.floor(Date.now() / 1_000) + seconds;
    return signed(this.#account, user, { type: 'user', subs: ANY, data: ANY, payload: ANY, pub: {}, sub: {} }, exp);
  }

  /** The file of credentials for a user. */
  creds(user: Pair): string {
    const block = (name: string, body: string) => `-----BEGIN ${name}-----\n${body}\n------END ${name}------\n`;
    const seed = text.decode(user.getSeed());
    return block('NATS USER JWT', this.userJwt(user, 3_600)) + block('USER NKEY SEED', seed);
  }
}

function signed(issuer: Pair, subject: Pair, nats: object, exp?: number): string {
  const [iss, sub] = [issuer.getPublicKey(), subject.getPublicKey()];
  const claims = { jti: sub, iat: Math.floor(Date.now() / 1_000), iss, sub, name: sub, exp };
  const body = `${HEADER}.${part({ ...claims, nats: { ...nats, version: 2 } })}`;
  return `${body}.${Buffer.from(issuer.sign(bytes.encode(body))).toString('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
