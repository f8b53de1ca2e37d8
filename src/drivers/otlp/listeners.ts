import { failure } from '../../core/kernel/failure.ts'
import { type Instant, SECOND } from '../../core/kernel/instant.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { SecretRef } from '../../core/strategy/quantities.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { ExportRequest } from './export-request.ts'
import { type Listener, openListener } from './listener.ts'
import type { Rejected } from './point.ts'

/** An address that could not be had is tried again after this. */
const TRY_AGAIN_MS = 5 * SECOND

type Sink = (request: ExportRequest) => readonly Rejected[]

interface Place {
  readonly bearer: SecretRef | undefined
  readonly sinks: Set<Sink>
  listener: Listener | null
  trouble: { readonly says: string; readonly at: Instant } | null
  opening: Promise<void> | null
}

/** The addresses at which metrics are received. Sources that name the same address share it. */
export interface OtlpListeners {
  /** Hands what comes in at this address to `sink`, from now on. Answers where it listens. */
  readonly attend: (
    listen: string,
    bearer: SecretRef | undefined,
    sink: Sink,
  ) => Answer<{ readonly url: string }>
  readonly leave: (listen: string, sink: Sink) => Promise<void>
}

export function openOtlpListeners(secrets: Secrets): OtlpListeners {
  const places = new Map<string, Place>()
  return {
    async attend(listen, bearer, sink) {
      const place = places.get(listen) ?? newPlace(bearer)
      places.set(listen, place)
      if (JSON.stringify(place.bearer) !== JSON.stringify(bearer)) {
        const what = `two sources listen on ${listen} with different tokens: give both the same "bearer"`
        return no(failure('misconfigured', 'never', what))
      }
      place.sinks.add(sink)
      await open(listen, place)
      if (place.listener !== null) return yes({ url: place.listener.url })
      const why = place.trouble?.says ?? 'it was closed'
      return no(failure('unreachable', 'safe', `metrics cannot be received on ${listen}: ${why}`))
    },
    async leave(listen, sink) {
      const place = places.get(listen)
      place?.sinks.delete(sink)
      if (place === undefined || place.sinks.size > 0) return
      places.delete(listen)
      await place.opening
      await place.listener?.close()
    },
  }

  async function open(listen: string, place: Place): Promise<void> {
    const isTooSoon = place.trouble !== null && Date.now() - place.trouble.at < TRY_AGAIN_MS
    if (place.listener !== null || isTooSoon) return
    place.opening ??= tryOpening(listen, place).finally(() => {
      place.opening = null
    })
    await place.opening
  }

  async function tryOpening(listen: string, place: Place): Promise<void> {
    try {
      place.listener = await openListener({
        listen,
        token: async () => (place.bearer === undefined ? yes(null) : await secrets(place.bearer)),
        take: (request) => [...place.sinks].flatMap((sink) => sink(request)),
      })
      place.trouble = null
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      place.trouble = { says: SAYS[code] ?? code, at: Date.now() }
    }
  }
}

const SAYS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there; stop it, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'goaround may not listen on that port; choose one above 1023',
}

function newPlace(bearer: SecretRef | undefined): Place {
  return { bearer, sinks: new Set(), listener: null, trouble: null, opening: null }
}
