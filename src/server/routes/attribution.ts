import { yes } from '../../core/kernel/result.ts'
import type { AttributionDesk } from '../../engine/attribution-desk.ts'
import type { Handlers } from '../calls.ts'

type AttributionHandlers = Pick<Handlers, 'takePlacements' | 'takeFaults' | 'getAttribution'>

/** Who is to blame among the rollouts under way. */
export function attributionHandlers(desk: AttributionDesk): AttributionHandlers {
  async function taken(report: Parameters<AttributionDesk['take']>[0]) {
    const { blamed, leftOut } = await desk.take(report)
    return yes({ blamed: [...blamed], leftOut })
  }
  return {
    takePlacements: ({ body }) => taken(body),
    takeFaults: ({ body }) => taken(body),
    getAttribution: async () => yes(await desk.findings()),
  }
}
