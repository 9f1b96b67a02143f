/**
 * Options of Node's sockets that have the system look, once nothing has come for so long, whether the other machine is still
 * there (TCP keepalive, RFC 1122, section 4.2.3.6): one that lost its power or its network never says goodbye. Node has the
 * system ask ten times, once a second; then the connection is lost.
 */
export const TCP_KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 15_000 } as const;
