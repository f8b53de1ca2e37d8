import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/**
 * The small web shop that the demo operates. It knows nothing of goaround: it is started by a
 * command with a port, like any service. `SHOP_FAULTS` says which release is broken and how.
 */
const [port = '0', release = 'v0'] = process.argv.slice(2)
const faults: Record<string, string> = JSON.parse(process.env['SHOP_FAULTS'] ?? '{}')
const fault = faults[release] ?? 'none'
const flagsFile = process.env['SHOP_FLAGS']

/** A good release loses nothing, so that whatever users lose in the demo is the bad one's doing, or ours. */
const USUAL_ERROR_RATE = 0
const BROKEN_CHECKOUT_ERROR_RATE = 0.5
const SLOW_EXTRA_MS = 120
/** The crashing release serves this many requests before it dies of them. */
const CRASH_AFTER = 40
let served = 0

createServer((request, response) => {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (path === '/healthz') return answer(200, 'ok')
  served += 1
  if (fault === 'crashes' && served > CRASH_AFTER) process.exit(1)
  const extra = fault === 'slow' ? SLOW_EXTRA_MS : 0
  setTimeout(
    () => {
      if (Math.random() < errorRateOf(path)) answer(500, 'something broke')
      else answer(200, `${path} from ${release}`)
    },
    3 + Math.random() * 6 + extra,
  )

  function answer(status: number, text: string): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ release, text }))
  }
}).listen(Number(port), '127.0.0.1')

function errorRateOf(path: string): number {
  const isCheckout = path.startsWith('/checkout')
  if (fault === 'errors' && isCheckout) return BROKEN_CHECKOUT_ERROR_RATE
  if (fault === 'broken') return 1
  if (fault === 'flagged' && isCheckout && newCheckoutIsOn()) return BROKEN_CHECKOUT_ERROR_RATE
  return USUAL_ERROR_RATE
}

interface Flags {
  readonly flags: Readonly<
    Record<string, { readonly state: string; readonly defaultVariant: string }>
  >
}

/** The shop asks its flag file at every checkout, so that a change counts with the next request. */
function newCheckoutIsOn(): boolean {
  if (flagsFile === undefined) return false
  const { flags }: Flags = JSON.parse(readFileSync(flagsFile, 'utf8'))
  const flag = flags['new-checkout']
  return flag?.state === 'ENABLED' && flag.defaultVariant === 'on'
}
