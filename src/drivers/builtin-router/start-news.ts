import { z } from 'zod'

/** The exit code of a router process that found another one at work in its folder. */
export const EXIT_OCCUPIED = 3

/** What a router process tells the driver that started it, once. */
export const StartNews = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('failed'), code: z.string().nullable(), detail: z.string() }),
])
export type StartNews = z.output<typeof StartNews>
