import type { RolloutView } from '../../contract/rollout-view.ts'
import type { Ink } from './ink.ts'

/** Who has been told, by audience: only a message that the other side accepted counts. */
export function drawTold(view: RolloutView, ink: Ink): readonly string[] {
  const { incident, postmortem } = view
  const lines: string[] = []
  if (incident !== null && incident.messages.length > 0) {
    const audiences = [...new Set(incident.messages.map(({ audience }) => audience))]
    const told = audiences.map((audience) => {
      const mine = incident.messages.filter((message) => message.audience === audience)
      const delivered = mine.filter(({ state }) => state === 'delivered').length
      const owed = mine.filter(({ state }) => state === 'owed').length
      const lost = mine.filter(({ state }) => state === 'given-up').length
      const parts = [
        ...(delivered > 0 ? [ink.green(`${delivered} delivered`)] : []),
        ...(owed > 0 ? [ink.yellow(`${owed} on the way`)] : []),
        ...(lost > 0 ? [ink.red(`${lost} not delivered`)] : []),
      ]
      return `${audience} ${parts.join(', ')}`
    })
    lines.push(`Told: ${told.join(' · ')}`)
  }
  if (postmortem !== null) {
    lines.push(`Postmortem: ${postmortem.path ?? ink.dim('being drafted')}`)
  }
  return lines
}
