import { z } from 'zod'
import { MetricEntry } from './detection.ts'
import { RECOMMENDED_NAMES } from './recommended-metrics.ts'
import { StrategyFile } from './schema.ts'

/** Names the schema. It need not be an address: editors read the file in `schema/`. */
const STRATEGY_SCHEMA_ID = 'https://goaround.dev/v1/goaround.schema.json'

/** The part of JSON Schema that zod writes for a strategy. */
export interface SchemaNode {
  readonly $schema?: string
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode | false
  readonly prefixItems?: readonly SchemaNode[]
  readonly additionalProperties?: SchemaNode | boolean
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
}

/**
 * The JSON Schema of a strategy as people write it, for editors. It comes from the shapes that
 * `readStrategy` uses, so the two cannot differ; what only a look at the whole file can tell
 * (growing shares, names that exist) is left to `goaround lint`.
 */
export function strategyJsonSchema(): SchemaNode {
  const { $schema, ...rest } = z.toJSONSchema(StrategyFile, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === MetricEntry) orByName(jsonSchema)
      // Zod writes the ends of the exact integers; to a reader they are noise.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  const head = { $schema, $id: STRATEGY_SCHEMA_ID, title: 'goaround strategy' }
  // Zod types its own output more loosely than the part of it that is read here.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...head, ...rest } as SchemaNode
}

/** A metric is written out, or named if it is a recommended one; zod does not tell what goes into a preprocess. */
function orByName(entry: z.core.JSONSchema.BaseSchema): void {
  const full = { ...entry }
  for (const key of Object.keys(entry)) Reflect.deleteProperty(entry, key)
  entry.anyOf = [{ type: 'string', enum: RECOMMENDED_NAMES }, full]
}
