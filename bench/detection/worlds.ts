import { ERROR_WORLDS, LATE_WORLDS, LATENCY_WORLDS } from './failing-worlds.ts'
import { HARDER_HEALTHY_WORLDS, HEALTHY_WORLDS } from './healthy-worlds.ts'
import type { World } from './world.ts'

/** What a world is asked for: false alarms, the delay of errors, of late errors, of latency. */
export const SECTION_NAMES = ['healthy', 'harder', 'errors', 'late', 'latency'] as const
export type Section = (typeof SECTION_NAMES)[number]

/** All worlds, by what they are asked for. */
export const SECTIONS: Readonly<Record<Section, readonly World[]>> = {
  healthy: HEALTHY_WORLDS,
  harder: HARDER_HEALTHY_WORLDS,
  errors: ERROR_WORLDS,
  late: LATE_WORLDS,
  latency: LATENCY_WORLDS,
}

/** A world by its name. */
export function worldNamed(name: string): World {
  const found = Object.values(SECTIONS)
    .flat()
    .find((world) => world.name === name)
  if (found === undefined) throw new Error(`no world is called '${name}'`)
  return found
}
