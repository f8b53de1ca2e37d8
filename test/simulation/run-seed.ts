import type { Instant } from '../../src/core/kernel/instant.ts'
import type { Signal } from '../../src/core/signal/signal.ts'
import type { Strategy } from '../../src/core/strategy/schema.ts'
import type { Log } from '../../src/engine/context.ts'
import type { Control } from '../../src/engine/control.ts'
import { openControlRoom } from '../../src/engine/control-room.ts'
import { Engine } from '../../src/engine/engine.ts'
import { batchTelemetry } from '../../src/engine/telemetry-batch.ts'
import { verifyAudit } from '../../src/store/audit.ts'
import { openSqliteStore, type SqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { alertSource } from './alert-source.ts'
import { type Logged, type Violation, violationsOf } from './laws.ts'
import { type Life, life, mortal } from './mortal.ts'
import { person } from './person.ts'
import { type Chance, chanceFrom } from './random.ts'
import { drawScenario, type Scenario } from './scenario.ts'
import { type SimClock, simulatedClock } from './sim-clock.ts'
import { openWorld, type World } from './world.ts'

/** A Monday morning; the simulation lives on the calendar from there. */
const START: Instant = Date.UTC(2026, 10, 23, 9)
/** Anything may break this long; then a working core is left alone and must finish. */
const STORM_MS = 120_000
/** After the storm everything has this long to come to its end. */
const CALM_MS = 60 * 60_000
const LEASE_MS = 3_000
/** A router that forgot between rollouts is put right in this time: a held look and a look, with room. */
const NOTICE_MS = 60_000
/** The world moves on at least this often. */
const BEAT_MS = 100
/** A machine that is restarted is back after this long. */
/** A fact is told in one line; plans are longer than anybody reads. */
const STORY_LINE_MAX = 260
/** A pass is recorded this long after the look that it rests on: a look, and the append. */
const SEEN_WITHIN_MS = 1_000
const RESTART_MS = [200, 4_000] as const

export interface SeedReport {
  readonly seed: number
  readonly crashes: number
  readonly effects: number
  readonly events: number
  /** How each rollout ended, the newest first. */
  readonly outcomes: readonly string[]
  readonly violations: readonly Violation[]
  /** Every fact, one line each, for whoever looks into a seed. */
  readonly story: readonly string[]
}

interface Replica {
  readonly life: Life
  readonly engine: Engine
  readonly control: Control
}

/** Lives one seed through, storm and calm, and says which laws were broken. */
export async function runSeed(seed: number): Promise<SeedReport> {
  const chance = chanceFrom(seed)
  const clock = simulatedClock(START)
  const scenario = drawScenario(chance.fork('scenario'))
  const world = openWorld({ clock, chance: chance.fork('traffic'), ...scenario })
  const sim = new Simulation(seed, chance, clock, world, scenario)
  await sim.storm(scenario.storm)
  await sim.calmDown()
  await sim.forgetRouting()
  return sim.report()
}

class Simulation {
  readonly #seed: number
  readonly #chance: Chance
  readonly #clock: SimClock
  readonly #world: World
  readonly #strategy: Strategy
  readonly #disk: SqliteStore
  readonly #replicas: (Replica | null)[]
  readonly #violations: Violation[] = []
  readonly #acknowledged: string[] = []
  readonly #signals: Signal[] = []
  /** Signals that stand in the log. */
  readonly #recorded = new Set<string>()
  readonly #hasAlerts: boolean
  readonly #seenPasses = new Set<string>()
  /** Everybody has gone home: nothing new will be asked for. */
  #isDeserted = false
  #dieShare = 0
  #crashes = 0
  #lives = 0
  #events = 0

  constructor(
    seed: number,
    chance: Chance,
    clock: SimClock,
    world: World,
    { strategy, replicas, alerts }: Pick<Scenario, 'strategy' | 'replicas' | 'alerts'>,
  ) {
    this.#seed = seed
    this.#chance = chance
    this.#clock = clock
    this.#world = world
    this.#strategy = strategy
    this.#hasAlerts = alerts
    this.#disk = openSqliteStore({ path: ':memory:' })
    this.#replicas = Array.from({ length: replicas }, () => null)
  }

  /** Anything may break; nothing wrong may happen. */
  async storm(strength: number): Promise<void> {
    this.#bootAll()
    const people = person({
      chance: this.#chance.fork('people'),
      clock: this.#clock,
      strategy: this.#strategy,
      control: () => this.#anyControl(),
      acknowledged: (command) => this.#acknowledged.push(command),
    })
    void people.live().then(() => {
      this.#isDeserted = true
    })
    const alerts = alertSource({
      chance: this.#chance.fork('alerts'),
      clock: this.#clock,
      control: () => this.#anyControl(),
      until: START + STORM_MS,
      acknowledged: (signal) => this.#signals.push(signal),
    })
    if (this.#hasAlerts) void alerts.live()
    if (this.#strategy.detection.alerts.heartbeats.length > 0) void alerts.beat()
    const weather = this.#chance.fork('weather')
    this.#dieShare = strength / 25
    await this.#liveUntil(START + STORM_MS, () => this.#world.storm(weather, strength))
    this.#dieShare = 0
    this.#world.calm()
  }

  /** A working core is left alone and must come to its end. */
  async calmDown(): Promise<void> {
    await this.#liveUntil(
      this.#clock.now() + CALM_MS,
      () => undefined,
      async () => this.#isOver(),
    )
  }

  /** Between rollouts the router is restarted and forgets; somebody has to notice. */
  async forgetRouting(): Promise<void> {
    await this.#liveUntil(this.#clock.now() + NOTICE_MS, () => undefined)
    const [split, before] = [await this.#world.splitOff(), await this.#world.serves()]
    this.#world.router.restart(true)
    await this.#liveUntil(this.#clock.now() + NOTICE_MS, () => undefined)
    const rollouts = await this.#disk.list('rollout', { after: null, limit: 1 })
    const { id, phase } = Object(rollouts[0]?.summary) as { id: string; phase: string }
    if (split !== 0 || (phase !== 'completed' && phase !== 'mitigated')) return
    const after = await this.#world.serves()
    if (after === before) return
    const what = `after ${id} (${phase}) the router forgot, and ${after} serves instead of ${before}`
    this.#violations.push({ law: 'traffic stays where it belongs', what })
  }

  async report(): Promise<SeedReport> {
    await this.#checkEnd()
    const rollouts = await this.#disk.list('rollout', { after: null, limit: 50 })
    const outcomes = rollouts.map(({ summary }) => String(Object(summary).phase))
    const { router, platform, flags, channel } = this.#world
    const effects = [router, platform, flags, channel].reduce(
      (sum, { faults }) => sum + faults.acted(),
      0,
    )
    const facts = await this.#disk.follow(null, 1_000)
    const story = facts.map(
      ({ recordedAt, stream, type, data }) =>
        `${((recordedAt - START) / 1_000).toFixed(2)} ${stream} ${type} ${JSON.stringify(data).slice(0, STORY_LINE_MAX)}`,
    )
    for (const replica of this.#replicas) replica?.life.end()
    this.#disk.database.close()
    return {
      seed: this.#seed,
      crashes: this.#crashes,
      effects,
      events: this.#events,
      outcomes,
      violations: this.#violations,
      story,
    }
  }

  async #liveUntil(
    end: Instant,
    weather: () => void,
    isEnough?: () => Promise<boolean>,
  ): Promise<void> {
    let beat = this.#clock.now()
    void this.#clock.until(end)
    while (this.#clock.now() < end) {
      beat += BEAT_MS
      void this.#clock.until(beat)
      while (this.#clock.now() < beat) {
        if (!(await this.#clock.step(beat))) break
      }
      this.#world.live()
      weather()
      if (isEnough !== undefined && beat % 1_000 === 0 && (await isEnough())) return
    }
  }

  #bootAll(): void {
    for (const place of this.#replicas.keys()) this.#boot(place)
  }

  #boot(place: number): void {
    this.#lives += 1
    const name = `replica-${place}/life-${this.#lives}`
    const chance = this.#chance.fork(name)
    const mine = life(
      chance,
      () => this.#dieShare,
      () => this.#died(place, chance),
    )
    const clock = mine.clock(this.#clock)
    const store = this.#watched(openSqliteStore({ database: this.#disk.database }), mine)
    const { drivers } = this.#world
    const context = {
      store,
      drivers: {
        ...drivers,
        platform: async () =>
          ({ ok: true, value: mortal(this.#world.platform, mine, ['apply', 'observe']) }) as const,
        router: async () =>
          ({
            ok: true,
            value: mortal(this.#world.router, mine, ['attach', 'route', 'observe', 'count']),
          }) as const,
        flags: async () =>
          ({ ok: true, value: mortal(this.#world.flags, mine, ['observe', 'set']) }) as const,
        channel: async () =>
          ({ ok: true, value: mortal(this.#world.channel, mine, ['deliver']) }) as const,
        prober: mortal(drivers.prober, mine, ['probe']),
        configuration: mortal(drivers.configuration, mine, ['observe', 'keep', 'restore']),
        documents: mortal(drivers.documents, mine, ['write']),
      },
      clock,
      telemetry: batchTelemetry(clock),
      log: QUIET,
      limits: { leaseMs: LEASE_MS, rolloutsMax: 100 },
    }
    const engine = new Engine(context, name)
    const control = openControlRoom({ store, clock, liveHere: (id) => engine.live(id) })
    this.#replicas[place] = { life: mine, engine, control }
    engine.start()
  }

  #died(place: number, chance: Chance): void {
    this.#crashes += 1
    this.#replicas[place] = null
    const back = this.#clock.now() + chance.between(...RESTART_MS)
    void this.#clock.until(back).then(() => this.#boot(place))
  }

  /** The store of one process: what it appends is checked against the laws as soon as it stands. */
  #watched(store: SqliteStore, mine: Life): SqliteStore {
    const checked: SqliteStore = {
      ...store,
      append: async (appends, provenance, options) => {
        const outcome = await store.append(appends, provenance, options)
        if (outcome.ok && !outcome.value.repeated) {
          for (const { stream, events } of appends) {
            this.#events += events.length
            for (const { type, data } of events)
              if (type.includes('signal.')) this.#recorded.add(nameOf(Object(data).signal))
            await this.#check(stream)
          }
        }
        return outcome
      },
    }
    return mortal(checked, mine, [
      'append',
      'claim',
      'renew',
      'release',
      'read',
      'saveCheckpoint',
      'loadCheckpoint',
    ])
  }

  /** Nothing passes on numbers that stand still: a source that measures must have moved lately. */
  #checkFreshness(events: readonly Logged[]): void {
    const { metrics, staleAfter } = this.#strategy.detection
    const isMeasured = metrics.some(({ source }) => source !== 'router')
    const isFirst = events.some(
      ({ type, data }) => type === 'rollout.baseline-captured' && Object(data).serving === null,
    )
    if (!isMeasured || isFirst) return
    for (const { stream, version, type, data } of events) {
      const key = `${stream}@${version}`
      if (type !== 'group.passed' || this.#seenPasses.has(key)) continue
      this.#seenPasses.add(key)
      const { group } = Object(data) as { group: string }
      const exposed = this.#strategy.exposure.groups.find(({ name }) => name === group)
      const silentFor = this.#clock.now() - this.#world.telemetry.movedAt()
      if (exposed?.share === 0 || silentFor <= staleAfter + SEEN_WITHIN_MS) continue
      const what = `${stream}: group ${group} passed after ${silentFor} ms of silence`
      this.#violations.push({ law: 'unmeasured is not healthy', what })
    }
  }

  async #check(stream: string): Promise<void> {
    const events: readonly Logged[] = await this.#disk.read(stream)
    this.#checkFreshness(events)
    for (const violation of violationsOf(stream, events)) {
      const isNew = !this.#violations.some(({ what }) => what === violation.what)
      if (isNew) this.#violations.push(violation)
    }
  }

  #anyControl(): Control | null {
    const alive = this.#replicas.filter((replica) => replica !== null)
    return alive.length === 0
      ? null
      : (alive[this.#chance.between(0, alive.length - 1)]?.control ?? null)
  }

  async #isOver(): Promise<boolean> {
    const rows = await this.#disk.list('rollout', { after: null, limit: 10 })
    if (!this.#isDeserted || rows.length === 0) return false
    const phases = rows.map(({ summary }) => String(Object(summary).phase))
    if (
      !phases.every((phase) =>
        ['completed', 'mitigated', 'not-mitigated', 'superseded'].includes(phase),
      )
    )
      return false
    return this.#replicas.every((replica) => (replica?.engine.holding ?? 1) === 0)
  }

  /** What must be true when everything has come to rest. */
  async #checkEnd(): Promise<void> {
    const found = (law: string, what: string) => this.#violations.push({ law, what })
    const audit = await verifyAudit(this.#disk)
    for (const { stream, version, what } of audit.problems)
      found('the log is whole', `${stream}@${version}: ${what}`)
    const rows = await this.#disk.list('rollout', { after: null, limit: 50 })
    for (const { summary } of rows) {
      const { id, phase } = Object(summary) as { id: string; phase: string }
      if (!['completed', 'mitigated', 'not-mitigated', 'superseded'].includes(phase)) {
        found('nothing waits for ever', `rollout ${id} is still ${phase} after an hour of calm`)
      }
      await this.#checkFailed(id, phase, found)
    }
    const latest = Object(rows[0]?.summary) as { id: string; phase: string }
    if (latest.phase === 'mitigated') {
      const share = await this.#world.splitOff()
      if (share !== 0)
        found(
          'back means all of it',
          `rollout ${latest.id} was mitigated and ${share} buckets are still split off`,
        )
    }
    const lost = this.#signals.find((signal) => !this.#recorded.has(nameOf(signal)))
    if (lost !== undefined)
      found('nothing acknowledged is lost', `${lost.name} (${lost.status}) is not in the log`)
    const events = await this.#disk.follow(null, 1_000)
    for (const command of this.#acknowledged) {
      const isThere = events.some(({ causedBy }) => causedBy === command)
      if (!isThere && events.length < 1_000)
        found('nothing acknowledged is lost', `command ${command} is not in the log`)
    }
  }

  async #checkFailed(
    id: string,
    phase: string,
    found: (law: string, what: string) => void,
  ): Promise<void> {
    const course = await this.#disk.read(`rollout/${id}`)
    const hasFailed =
      course.some(({ type }) => type === 'rollout.halted') || phase === 'not-mitigated'
    const incident = await this.#disk.read(`incident/${id}`)
    const postmortem = await this.#disk.read(`postmortem/${id}`)
    if (hasFailed !== incident.some(({ type }) => type === 'incident.opened')) {
      found('every failed rollout has one incident', `rollout ${id}`)
    }
    if (hasFailed !== postmortem.some(({ type }) => type === 'postmortem.opened')) {
      found('every failed rollout has one postmortem', `rollout ${id}`)
    }
    const messages = incident
      .filter(({ type }) => type === 'message.written')
      .map(({ data }) => Object(data) as { audience: string; kind: string })
    for (const { audience } of messages.filter(({ kind }) => kind === 'start')) {
      const heardEnd = messages.some((one) => one.audience === audience && one.kind === 'end')
      if (!heardEnd && phase !== 'asking')
        found('every audience that heard the start hears the end', `${id}: ${audience}`)
    }
  }
}

/** What the engine logs is not looked at; what it records is. */
const QUIET: Log = { info: () => undefined, error: () => undefined }

/** One firing or one end of one fault. */
function nameOf({ fingerprint, startsAt }: Signal): string {
  return `${fingerprint}/${startsAt}`
}
