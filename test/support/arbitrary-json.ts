import * as fc from 'fast-check'

/** A JSON Schema, as far as the API's own documents use it. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

/** Longer lists and texts make runs slow and find nothing new. */
const ITEMS_MAX = 5
const LENGTH_MAX = 200

/**
 * Values that a schema allows. `hints` are good values for fields of a name, taken half of the
 * time: without them no random text is ever a strategy.
 */
export function arbitraryJson(
  schema: JsonSchema,
  hints: Readonly<Record<string, readonly unknown[]>> = {},
): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map((one) => arbitraryJson(one, hints)))
  }
  const { type } = schema
  if (typeof type === 'object') {
    return fc.oneof(...type.map((one) => arbitraryJson({ ...schema, type: one }, hints)))
  }
  switch (type) {
    case 'object': {
      const { properties = {}, required = [] } = schema
      const fields: Record<string, fc.Arbitrary<unknown>> = {}
      for (const [name, field] of Object.entries(properties)) {
        fields[name] = hinted(arbitraryJson(field, hints), hints[name])
      }
      return fc.record(fields, { requiredKeys: [...required] })
    }
    case 'array': {
      const { items = {}, minItems = 0, maxItems = ITEMS_MAX } = schema
      const maxLength = Math.min(maxItems, minItems + ITEMS_MAX)
      return fc.array(arbitraryJson(items, hints), { minLength: minItems, maxLength })
    }
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: clamp(schema.minimum), max: clamp(schema.maximum, 1) })
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case undefined:
    default:
      return fc.jsonValue()
  }
}

function text({
  pattern,
  minLength = 0,
  maxLength = LENGTH_MAX,
}: JsonSchema): fc.Arbitrary<string> {
  const made =
    pattern === undefined
      ? fc.string({ minLength, maxLength: Math.min(maxLength, LENGTH_MAX) })
      : fc.stringMatching(new RegExp(pattern))
  return made.filter(({ length }) => length >= minLength && length <= maxLength)
}

function hinted(made: fc.Arbitrary<unknown>, good: readonly unknown[] | undefined) {
  return good === undefined ? made : fc.oneof(fc.constantFrom(...good), made)
}

function clamp(limit: number | undefined, sign: 1 | -1 = -1): number {
  const farthest = sign * (2 ** 31 - 1)
  return limit === undefined || Math.abs(limit) > Math.abs(farthest) ? farthest : limit
}
