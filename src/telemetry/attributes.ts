/** Attributes of spans and points, by their names of the semantic conventions. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Name of all that is no Command of the protocol. */
export const OTHER_METHOD = '_OTHER';

/** The name of a Command for those who watch: `calc/Add`. */
export function methodOf(protocol: string | undefined, command: string | undefined): string {
  if (command === undefined) return OTHER_METHOD;
  return protocol === undefined ? command : `${protocol}/${command}`;
}

/** The attribute of senders and servers that have a name. */
export function nameAttribute(name: string | undefined): Attributes {
  return name === undefined ? {} : { 'cmd_stream.name': name };
}

/** The attributes that say where a server is, of `host:port` or `[host]:port`. */
export const serverAttributes = (address: string): Attributes => addressAttributes('server', address);

/** The attributes that say who is at the other end of a connection. */
export const peerAttributes = (address: string): Attributes => addressAttributes('network.peer', address);

function addressAttributes(who: string, address: string): Attributes {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) return { [`${who}.address`]: address };
  return { [`${who}.address`]: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), [`${who}.port`]: port };
}
