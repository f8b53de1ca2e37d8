import type { Rejected } from './point.ts'
import { writePartialSuccess, writeStatus } from './read-protobuf.ts'

/** In which of its two forms an exporter speaks, and is answered. */
export type Form = 'json' | 'protobuf'

const CONTENT_TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' } as const

/** The form of a content type; null for one that OTLP does not have. */
export function formOf(contentType: string | undefined): Form | null {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === CONTENT_TYPES.json) return 'json'
  return type === CONTENT_TYPES.protobuf ? 'protobuf' : null
}

export interface HttpAnswer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array | string
}

/** So many different reasons are told; the rest would be repetition. */
const REASONS_MAX = 3

/** The answer to an export of which these points were not taken in: a success, as OTLP has it, so that nothing is sent again. */
export function takenIn(form: Form, rejected: readonly Rejected[]): HttpAnswer {
  const type = CONTENT_TYPES[form]
  const reasons = new Set(rejected.map(({ metric, because }) => `${metric}: ${because}`))
  const errorMessage = [...reasons].slice(0, REASONS_MAX).join('; ')
  if (form === 'protobuf')
    return { status: 200, type, body: writePartialSuccess(rejected.length, errorMessage) }
  const partialSuccess = { rejectedDataPoints: String(rejected.length), errorMessage }
  const body = rejected.length === 0 ? {} : { partialSuccess }
  return { status: 200, type, body: JSON.stringify(body) }
}

/** The codes of `google.rpc.Code` that belong to the statuses that are used. */
const RPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 404: 5, 413: 8, 503: 14 }

/** A refusal with a sentence for whoever runs the exporter. */
export function refused(form: Form, status: number, message: string): HttpAnswer {
  const type = CONTENT_TYPES[form]
  const code = RPC_CODES[status] ?? RPC_CODES[400] ?? 0
  const body = form === 'json' ? JSON.stringify({ code, message }) : writeStatus(code, message)
  return { status, type, body }
}
