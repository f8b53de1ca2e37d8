import { z } from 'zod'
import { canonicalJson } from '../../core/kernel/hash.ts'

/** After a variant's name: rules still decide for some users, so it is not what everybody gets. */
const WITH_TARGETING = '+targeting'
/** Where the rules wait that were put aside so that everybody gets one variant; flagd keeps it as it is. */
const PUT_ASIDE = 'goaroundPutAside'

/** Only what goaround reads of a flag; everything else is kept as it stands. */
const Flag = z.looseObject({
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: z.record(z.string(), z.unknown()),
  defaultVariant: z.string().nullish(),
  targeting: z.record(z.string(), z.unknown()).nullish(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
export type Flag = z.output<typeof Flag>

export const FlagFile = z.looseObject({ flags: z.record(z.string(), Flag) })
export type FlagFile = z.output<typeof FlagFile>

/** What the file serves: null when disabled, else the variant, marked while rules decide for some users. */
export function servedVariant(flag: Flag): string | null {
  if (flag.state === 'DISABLED') return null
  const name = flag.defaultVariant ?? ''
  return hasRules(flag) ? name + WITH_TARGETING : name
}

/**
 * The flag with one variant for everybody, or as it was before. Rules that would still give some
 * users another variant are put aside in the flag's own metadata, from where they come back when
 * the former state is asked for. Null when there is no such variant.
 */
export function withVariant(flag: Flag, variant: string | null): Flag | null {
  if (variant === null) return { ...flag, state: 'DISABLED' }
  if (variant.endsWith(WITH_TARGETING))
    return withRules(flag, variant.slice(0, -WITH_TARGETING.length))
  if (!Object.hasOwn(flag.variants, variant)) return null
  const fixed: Flag = { ...flag, state: 'ENABLED', defaultVariant: variant }
  if (!hasRules(flag)) return fixed
  const { targeting, ...rest } = fixed
  return { ...rest, metadata: { ...flag.metadata, [PUT_ASIDE]: canonicalJson(targeting) } }
}

function withRules(flag: Flag, variant: string): Flag | null {
  const aside = flag.metadata?.[PUT_ASIDE]
  if (!Object.hasOwn(flag.variants, variant) || typeof aside !== 'string') return null
  const { [PUT_ASIDE]: _, ...metadata } = flag.metadata ?? {}
  const { metadata: __, ...rest } = flag
  const targeting = z.record(z.string(), z.unknown()).parse(JSON.parse(aside))
  const restored: Flag = { ...rest, state: 'ENABLED', defaultVariant: variant, targeting }
  return Object.keys(metadata).length === 0 ? restored : { ...restored, metadata }
}

function hasRules({ targeting }: Flag): boolean {
  return targeting !== null && targeting !== undefined && Object.keys(targeting).length > 0
}
