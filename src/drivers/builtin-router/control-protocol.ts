import { join } from 'node:path'
import { z } from 'zod'
import { readIfThere } from '../support/durable-file.ts'
import { Plan } from './router-state.ts'

/** Grows when driver and process would misunderstand each other; they may be of different versions. */
export const PROTOCOL = 1

/** How a router process is found: written once it listens. */
export const ProcessCard = z.object({
  protocol: z.int(),
  pid: z.int().positive(),
  /** Tells this process from a later one with the same pid. */
  identity: z.string().nullable(),
  /** Path of the unix socket on which it takes orders. */
  socket: z.string(),
})
export type ProcessCard = z.output<typeof ProcessCard>

/** `GET /state` */
export const StateAnswer = z.object({
  protocol: z.int(),
  pid: z.int(),
  listen: z.string(),
  subjectHeader: z.string().nullable(),
  plan: Plan.nullable(),
  stacks: z.record(
    z.string(),
    z.object({
      endpoints: z.array(z.string()),
      /** Those of the endpoints that refuse connections. */
      down: z.array(z.string()),
      inFlight: z.int().nonnegative(),
    }),
  ),
})
export type StateAnswer = z.output<typeof StateAnswer>

const Pair = z.object({ requests: z.int(), errors: z.int() })

/** `GET /counts` */
export const CountsAnswer = z.object({
  at: z.number(),
  epoch: z.string(),
  stacks: z.record(
    z.string(),
    Pair.extend({ latency: z.array(z.int()), routes: z.record(z.string(), Pair) }),
  ),
})
export type CountsAnswer = z.output<typeof CountsAnswer>

/** `PUT /endpoints` */
export const AttachOrder = z.object({ stack: z.string().min(1), endpoints: z.array(z.url()) })

/** `PUT /plan` */
export const RouteOrder = z.object({ plan: Plan, subjectHeader: z.string().nullable() })

/** Where a workload's router keeps its state and is found. */
export function routerFolder(stateDir: string, name: string): string {
  return join(stateDir, `router-${name}`)
}

/** Reads where the last router process of this folder took orders; null when there never was one. */
export async function readProcessCard(folder: string): Promise<ProcessCard | null> {
  const text = await readIfThere(cardFile(folder))
  if (text === null) return null
  const card = ProcessCard.safeParse(JSON.parse(text))
  return card.success ? card.data : null
}

/** The file that holds the card. */
export function cardFile(folder: string): string {
  return join(folder, 'process.json')
}
