import type { IncomingMessage } from 'node:http'

/** Says which stack answered, so that a person looking at one request can tell. */
export const STACK_HEADER = 'x-goaround-stack'

/** RFC 9110 section 7.6.1: these speak about one connection and are never passed on. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A client may name headers in `Connection`; without these a request would be another one. */
const NEVER_DROPPED: ReadonlySet<string> = new Set(['host', 'content-length'])

/**
 * The headers for the instance, as a flat list of names and values in the order and spelling in
 * which they came. `x-forwarded-for` grows by the client; host and protocol are believed when they
 * were given, because what ends TLS stands in front of this router.
 */
export function headersForInstance(request: IncomingMessage, isUpgrade: boolean): string[] {
  const { headers, socket } = request
  const before = headers['x-forwarded-for']
  const client = socket.remoteAddress ?? 'unknown'
  const through = before === undefined ? client : `${String(before)}, ${client}`
  const kept = endToEnd(request).filter(
    ([name]) => name.toLowerCase() !== 'x-forwarded-for' && name.toLowerCase() !== 'expect',
  )
  const added: [string, string][] = [['X-Forwarded-For', through]]
  if (headers['x-forwarded-host'] === undefined && headers.host !== undefined) {
    added.push(['X-Forwarded-Host', headers.host])
  }
  if (headers['x-forwarded-proto'] === undefined) added.push(['X-Forwarded-Proto', 'http'])
  if (isUpgrade) added.push(['Connection', 'Upgrade'], ['Upgrade', headers.upgrade ?? ''])
  if (headers['transfer-encoding'] !== undefined) added.push(['Transfer-Encoding', 'chunked'])
  return [...kept, ...added].flat()
}

/** The headers for the user: those of the instance, and which stack it belongs to. */
export function headersForUser(answer: IncomingMessage, stack: string): string[] {
  const kept = endToEnd(answer).filter(([name]) => name.toLowerCase() !== STACK_HEADER)
  return [...kept, [STACK_HEADER, stack]].flat()
}

function endToEnd(message: IncomingMessage): [string, string][] {
  const named = (message.headers.connection ?? '').toLowerCase().split(/\s*,\s*/)
  const dropped = new Set(named.filter((name) => !NEVER_DROPPED.has(name)))
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2)
    const lower = name.toLowerCase()
    if (!HOP_BY_HOP.has(lower) && !dropped.has(lower)) pairs.push([name, value])
  }
  return pairs
}
