/** An error as Node makes it of one of the system's: `connect ECONNREFUSED 127.0.0.1:9000`. */
export function systemError(call: string, code: string, what = ''): Error {
  return Object.assign(new Error(`${call} ${code}${what === '' ? '' : ` ${what}`}`), { code, syscall: call });
}
