import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DemoOptions } from '../../cli/actions.ts'
import { confirm } from '../../cli/confirm.ts'
import { EXIT } from '../../cli/exit-codes.ts'
import type { Io } from '../../cli/io.ts'
import { followRollout } from '../../cli/live-client.ts'
import type { Failure } from '../../cli/outcome.ts'
import type { RolloutView } from '../../contract/rollout-view.ts'
import { SECOND } from '../../core/kernel/instant.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import { type Load, startLoad } from './load.ts'
import { type DemoReport, reportOf, reportTable } from './report.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { openScreen, type Screen } from './screen.ts'
import { openStage, type Stage } from './stage.ts'

/** Users per second: enough to tell a bad canary from a good one within seconds. */
const REQUESTS_PER_SECOND = 150
/** Users are there before the rollout, and stay to see that they are well afterwards. */
const BEFORE_MS = 2 * SECOND
const AFTER_MS = 2 * SECOND

type Played = Result<DemoReport, Failure>

/** `goaround demo`: plays a scenario on real processes, real requests and the real server. */
export async function runDemo(options: DemoOptions, io: Io): Promise<number> {
  const scenario = SCENARIOS[options.scenario]
  const out = options.json ? io.stderr : io.stdout
  const isPicture = out.isTTY === true && !options.plain && !options.json
  out.write(`\n${scenario.name}: ${scenario.says}.\n\n`)
  const stage = await openStage(scenario, io)
  if (!stage.ok) {
    io.stderr.write(`the demo could not start: ${stage.problem.detail}\n`)
    return EXIT.usage
  }
  let load: Load | null = null
  const screen = openScreen(io, out, isPicture, () => load)
  const played = await playAndClean(scenario, options, stage.value, screen, io, (started) => {
    load = started
  })
  if (!played.ok) {
    io.stderr.write(`the demo was not played to its end: ${played.problem.says}\n`)
    return played.problem.exit
  }
  if (options.json) io.stdout.write(`${JSON.stringify(played.value, null, 2)}\n`)
  else out.write(`\n${reportTable(played.value).join('\n')}\n\n`)
  return endedAsItShould(scenario, played.value) ? EXIT.done : EXIT.notMitigated
}

/** Whatever happens, what the demo has started is stopped and removed. */
async function playAndClean(...parts: Parameters<typeof play>): Promise<Played> {
  const [, , stage, screen] = parts
  try {
    return await play(...parts)
  } finally {
    screen.end()
    await stage.clean()
  }
}

async function play(
  scenario: Scenario,
  options: DemoOptions,
  stage: Stage,
  screen: Screen,
  io: Io,
  loaded: (load: Load) => void,
): Promise<Played> {
  const first = await deploy(stage, 'v1')
  if (!first.ok) return first
  screen.say(
    'v1 is rolled out first; it has nothing to be compared with, so its smoke tests decide.',
  )
  const ready = await followRollout(stage.admin, first.value, quietly, io)
  if (!ready.ok) return ready
  if (ready.value.phase !== 'completed')
    return no({ exit: EXIT.notMitigated, says: ready.value.because })
  const load = startLoad(stage.origin, REQUESTS_PER_SECOND)
  loaded(load)
  try {
    await io.clock.until(io.clock.now() + BEFORE_MS, io.interrupted)
    const second = await deploy(stage, 'v2')
    if (!second.ok) return second
    const end = await watch(second.value, options, stage, screen, io)
    if (!end.ok) return end
    await io.clock.until(io.clock.now() + AFTER_MS, io.interrupted)
    await load.stop()
    const last = await waitForDraft(stage, second.value, end.value, io)
    return await closeUp(scenario, stage, last, load)
  } finally {
    await load.stop()
  }
}

/** Follows the rollout, and has the people say yes when they are asked. */
async function watch(
  id: string,
  options: DemoOptions,
  stage: Stage,
  screen: Screen,
  io: Io,
): Promise<Result<RolloutView, Failure>> {
  const asked = new Set<string>()
  const answers: Promise<void>[] = []
  const followed = await followRollout(
    stage.admin,
    id,
    {
      rollout(view) {
        screen.rollout(view)
        const hash = view.phase === 'asking' ? (view.decision?.hash ?? null) : null
        if (hash !== null && !asked.has(hash)) {
          asked.add(hash)
          answers.push(answer(view, hash, options, stage, screen, io))
        }
        return view.phase === 'bypassed' || view.phase === 'held'
      },
      live: screen.live,
      timeline: screen.timeline,
    },
    io,
  )
  await Promise.all(answers)
  return followed
}

/** Each role that is asked says yes, with a token of its own; on a terminal, the person watching decides. */
async function answer(
  view: RolloutView,
  hash: string,
  options: DemoOptions,
  stage: Stage,
  screen: Screen,
  io: Io,
): Promise<void> {
  const { decision, id } = view
  const roles = decision?.approvals.map(({ role }) => role) ?? []
  const isAsked = !options.yes && io.stdin.isTTY === true && io.stderr.isTTY === true
  for (const role of roles) {
    const client = stage.approvers[role]
    if (client === undefined) continue
    if (isAsked) {
      screen.rest()
      const says = `${decision?.chosen ?? ''}: ${decision?.because ?? ''}. Approve as ${role}?`
      const isYes = await confirm(io, io.stderr, says)
      screen.goOn()
      if (!isYes) {
        await client.call('reject', {
          params: { id },
          body: { because: 'the person watching the demo said no' },
        })
        return
      }
    }
    await client.call('approve', { params: { id }, body: { hash } })
  }
}

async function deploy(stage: Stage, release: string): Promise<Result<string, Failure>> {
  const body = { strategy: stage.strategy, fileName: 'goaround.yaml', release }
  const started = await stage.admin.call('startRollout', { body })
  return started.ok ? yes(started.value.id) : started
}

/** Messages and the postmortem's draft follow within moments of the end. */
async function waitForDraft(
  stage: Stage,
  id: string,
  view: RolloutView,
  io: Io,
): Promise<RolloutView> {
  let last = view
  const until = io.clock.now() + 10 * SECOND
  while (io.clock.now() < until) {
    const seen = await stage.admin.call('getRollout', { params: { id } })
    if (seen.ok) last = seen.value
    const isWritten = last.postmortem === null || last.postmortem.path !== null
    const isTold = last.incident?.messages.every(({ state }) => state !== 'owed') ?? true
    if (seen.ok && isWritten && isTold) return last
    await io.clock.until(io.clock.now() + 100, io.interrupted)
  }
  return last
}

async function closeUp(
  scenario: Scenario,
  stage: Stage,
  view: RolloutView,
  load: Load,
): Promise<Played> {
  const audit = await stage.admin.call('verifyAudit')
  if (!audit.ok) return audit
  const path = view.postmortem?.path ?? null
  let postmortemPath: string | null = null
  if (path !== null) {
    mkdirSync(stage.keepsake, { recursive: true })
    postmortemPath = join(stage.keepsake, basename(path))
    copyFileSync(path, postmortemPath)
  }
  return yes(reportOf({ scenario, view, load, audit: audit.value, postmortemPath }))
}

function endedAsItShould({ ends }: Scenario, { outcome, mitigation }: DemoReport): boolean {
  return outcome === ends.outcome && mitigation === ends.mitigation
}

const quietly = {
  rollout: () => false,
  live: () => undefined,
  timeline: () => undefined,
}
