import type { z } from 'zod'
import type { Endpoint } from '../contract/endpoints.ts'
import type { Finding } from '../contract/problem.ts'
import { no, type Result, yes } from '../core/kernel/result.ts'
import type { Ask } from './answers.ts'
import type { Trouble } from './problems.ts'

/** More findings than this are not read by anybody. */
const FINDINGS_MAX = 50

/** A CloudEvent in structured mode is JSON under another name. */
const EVENT_TYPE = /^application\/cloudevents\+json$/

/** What a request said, checked against its endpoint. */
export interface ReadRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** The body as it came. */
  readonly text: string
}

/** Reads a request. Everything that is wrong with it is told at once, field by field. */
export async function readRequest(
  c: Ask,
  endpoint: Endpoint,
  bodyMax: number,
): Promise<Result<ReadRequest, Trouble>> {
  const read = endpoint.body === null ? yes({ text: '', json: null }) : await readJson(c, bodyMax)
  if (!read.ok) return read
  const parts: readonly (readonly [z.ZodType, unknown])[] = [
    [endpoint.params, c.req.param()],
    [endpoint.query, c.req.query()],
    ...(endpoint.body === null ? [] : [[endpoint.body, read.value.json] as const]),
  ]
  const parsed = parts.map(([schema, value]) => schema.safeParse(value))
  const problems = parsed.flatMap((one) => (one.success ? [] : findingsOf(one.error)))
  if (problems.length > 0)
    return no({ code: 'bad-request', problems: problems.slice(0, FINDINGS_MAX) })
  const [params, query, body] = parsed.map(({ data }) => data)
  return yes({ params, query, body: body ?? null, text: read.value.text })
}

async function readJson(
  c: Ask,
  bodyMax: number,
): Promise<Result<{ readonly text: string; readonly json: unknown }, Trouble>> {
  const bytes = await readBytes(c, bodyMax)
  if (bytes === null) {
    return no({ code: 'body-too-large', detail: `a body holds at most ${bodyMax} bytes` })
  }
  if (bytes.length === 0) return yes({ text: '', json: {} })
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && !EVENT_TYPE.test(type ?? '')) return no({ code: 'not-json' })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return yes({ text, json: JSON.parse(text) })
  } catch {
    return no({ code: 'bad-request', problems: [{ path: '', message: 'the body is not JSON' }] })
  }
}

/** The whole body, or null as soon as it is larger than it may be, whatever it announced. */
async function readBytes(c: Ask, max: number): Promise<Buffer | null> {
  if (Number(c.req.header('content-length') ?? 0) > max) return null
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length
    if (size > max) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function findingsOf(error: z.ZodError): readonly Finding[] {
  return error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
}
