import type { Command } from 'commander'
import type { RolloutView } from '../../contract/rollout-view.ts'
import type { TimelineEntry } from '../../contract/timeline-view.ts'
import { drawApprovals, drawDecision } from '../draw/draw-decision.ts'
import { drawEvidence } from '../draw/draw-evidence.ts'
import { drawHealth } from '../draw/draw-health.ts'
import { drawTitle } from '../draw/draw-rollout.ts'
import { drawSignals } from '../draw/draw-signals.ts'
import { drawMitigation } from '../draw/draw-steps.ts'
import { drawTimeline } from '../draw/draw-timeline.ts'
import { findId } from '../find-id.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import type { Session } from '../session.ts'

/** Explains a rollout: what was decided, why, what else was possible and why not, and what happened. */
export function addWhy(program: Command, run: Run): void {
  const command = program
    .command('why')
    .description('Explain what was decided and why, what else was possible, and what happened.')
    .argument('[id]', 'which rollout; the only active one when absent')
  run(command, async (session, { args: [name] }) => {
    const client = await session.client()
    if (!client.ok) return client
    const id = await findId(client.value, name)
    if (!id.ok) return id
    const params = { id: id.value }
    const view = await client.value.call('getRollout', { params })
    if (!view.ok) return view
    const timeline = await client.value.call('getTimeline', { params })
    if (!timeline.ok) return timeline
    const { because, health, failing, signals, decision, tried, mitigation, outcome } = view.value
    const document = {
      id: id.value,
      because,
      health,
      failing,
      signals,
      decision,
      tried,
      mitigation,
      outcome,
      timeline: timeline.value.entries,
    }
    return done(document, explain(view.value, timeline.value.entries, session))
  })
}

function explain(
  view: RolloutView,
  entries: readonly TimelineEntry[],
  { ink, io }: Session,
): readonly string[] {
  const now = io.clock.now()
  const { failing, decision, tried, mitigation, health } = view
  return [
    drawTitle(view, ink, now),
    view.because,
    '',
    ...(failing === null
      ? ['Nothing has failed, so nothing had to be decided.', '']
      : [`${ink.red('Failed:')} ${failing.because}`]),
    ...(failing?.verdict == null ? [] : [...drawEvidence(failing.verdict, ink), '']),
    ...drawSignals(view, ink, now),
    ...(health.length === 0
      ? []
      : ['Health:', ...drawHealth(health, ink, now, Number.POSITIVE_INFINITY), '']),
    ...tried.map((one) => ink.dim(`Tried before: ${one.choose} ('${one.branch}'): ${one.because}`)),
    ...(decision === null ? [] : [...drawDecision(decision, ink), '']),
    ...drawApprovals(view, ink, now),
    ...(mitigation === null ? [] : [...drawMitigation(mitigation, ink), '']),
    ink.bold('What happened (UTC):'),
    ...drawTimeline(entries, ink),
  ]
}
