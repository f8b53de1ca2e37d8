const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'] as const

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/**
 * The names by which a server is called. On loopback they are known, and any other means that a
 * web page made the browser resolve its own name to this machine (DNS rebinding).
 */
export function hostsOf(host: string): readonly string[] | null {
  return isLoopback(host) ? [...LOOPBACK, host] : null
}

/** Whether a Host header names one of them, whatever the port. */
export function isKnownHost(header: string | undefined, hosts: readonly string[]): boolean {
  const name = (header ?? '').toLowerCase().replace(/:\d+$/, '')
  return hosts.includes(name)
}
