import { z } from 'zod'

/**
 * Who did something and on whose authority. `goaround` itself is an actor too: what it does
 * alone names the rule that allowed it.
 */
export const Actor = z.object({
  /** `person:alice`, `token:ci`, `goaround`. */
  name: z.string().min(1).max(200),
  roles: z.array(z.string().max(100)).max(50),
})
export type Actor = z.output<typeof Actor>

export const GOAROUND: Actor = { name: 'goaround', roles: [] }
