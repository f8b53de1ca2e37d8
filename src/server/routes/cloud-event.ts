import { z } from 'zod'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Ask } from '../answers.ts'
import type { Trouble } from '../problems.ts'

/** Attributes of a CloudEvent in binary mode are headers with this beginning. */
const PREFIX = 'ce-'
const STRUCTURED = 'application/cloudevents+json'

/** What every CloudEvent has to say of itself; extensions and data stay as they are. */
const CloudEvent = z.looseObject({
  specversion: z.literal('1.0', { error: 'expected "1.0", the version of CloudEvents' }),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
})

/**
 * Reads a CloudEvent 1.0 in either mode of its HTTP binding: structured (the body is the event) or
 * binary (the headers are the event and the body its data). See
 * https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md.
 */
export function readCloudEvent(c: Ask, body: unknown): Result<Record<string, unknown>, Trouble> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  const event = type === STRUCTURED ? body : { ...attributesOf(c), data: body }
  const read = CloudEvent.safeParse(event)
  if (read.success) return yes(read.data)
  const problems = read.error.issues.map(({ path, message }) => {
    const field = path.join('.')
    return { path: type === STRUCTURED ? field : `${PREFIX}${field}`, message }
  })
  return no({ code: 'bad-request', problems })
}

function attributesOf(c: Ask): Record<string, string> {
  const headers = Object.entries(c.req.header())
  return Object.fromEntries(
    headers
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), decoded(value)]),
  )
}

/** Values are percent-encoded; one that is not well formed is taken as it stands. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
