import type { HealthSignal } from '../health.ts'
import type { Path } from '../problem.ts'
import type { Remark } from '../remark.ts'
import type { Strategy } from '../schema.ts'
import { type Check, check } from './check.ts'
import { repeatedNames, unknownName } from './names.ts'

const COMPONENTS: Path = ['health', 'components']
const FLOWS: Path = ['health', 'flows']

type Health = Strategy['health']
type Entry = Health['components'][number]
type Named = Pick<Strategy, 'workload' | 'health'>

/** Whether everything that health is declared of can be known: measured, and not by itself. */
export const HEALTH_CHECKS: readonly Check[] = [
  check(['health'], ({ health }) => [
    ...repeatedNames(health.components, COMPONENTS, 'component'),
    ...repeatedNames(health.flows, FLOWS, 'flow'),
    ...periodsFit(health.of, ['health', 'of']),
    ...entriesOf(health).flatMap(({ entry, path }) => [
      ...(entry.of === undefined ? [] : periodsFit(entry.of, [...path, 'of'])),
      ...entry.signals.flatMap((signal, place) => signalShape(signal, [...path, 'signals', place])),
    ]),
  ]),
  check(['workload', 'health'], (named) => [
    ...flowsAreNotComponents(named),
    ...isMeasured(named),
    ...dependenciesExist(named),
    ...circles(named),
  ]),
  check(['health', 'detection'], ({ health, detection }) =>
    forSignals(health, (signal, path) => metricFits(signal, path, detection.metrics)),
  ),
  check(['health', 'exposure'], ({ health, exposure }) =>
    forSignals(health, ({ smoke }, path) => {
      if (smoke === undefined) return []
      const known = exposure.groups.flatMap((group) => group.smoke.map(({ name }) => name))
      if (known.includes(smoke)) return []
      const at = { path: [...path, 'smoke'], what: 'smoke test', where: 'exposure.groups[].smoke' }
      return [unknownName(smoke, [...new Set(known)], at)]
    }),
  ),
]

function entriesOf({ components, flows }: Health): readonly { entry: Entry; path: Path }[] {
  return [
    ...components.map((entry, place) => ({ entry, path: [...COMPONENTS, place] })),
    ...flows.map((entry, place) => ({ entry, path: [...FLOWS, place] })),
  ]
}

function forSignals(
  health: Health,
  look: (signal: HealthSignal, path: Path) => readonly Remark[],
): readonly Remark[] {
  return entriesOf(health).flatMap(({ entry, path }) =>
    entry.signals.flatMap((signal, place) => look(signal, [...path, 'signals', place])),
  )
}

function periodsFit({ n, m }: { readonly n: number; readonly m: number }, path: Path) {
  if (n <= m) return []
  return [
    error({
      path,
      found: `${n} bad periods of ${m}`,
      expected: 'at most as many as are looked at',
      fix: `write "m: ${n}", or fewer bad ones`,
    }),
  ]
}

function signalShape(signal: HealthSignal, path: Path): readonly Remark[] {
  const { metric, degradedAbove, unhealthyAbove, degradedBurn, unhealthyBurn } = signal
  const sources = (['metric', 'smoke', 'alert'] as const).filter((one) => signal[one] !== undefined)
  const limits = [degradedAbove, unhealthyAbove, degradedBurn, unhealthyBurn]
  const remarks: Remark[] = []
  if (sources.length !== 1) {
    remarks.push(
      error({
        path,
        found: sources.length === 0 ? 'a signal that names nothing' : sources.join(' and '),
        expected: 'one of "metric", "smoke" and "alert"',
        fix: sources.length === 0 ? 'name what it is measured by' : 'make a signal of each',
      }),
    )
  }
  if (metric === undefined && limits.some((limit) => limit !== undefined)) {
    remarks.push(
      error({
        path,
        found: 'a threshold without a metric',
        expected: '"metric" beside it: a test and an alert have thresholds of their own',
        fix: 'remove the threshold',
      }),
    )
  }
  const isUpsideDown =
    (degradedAbove ?? 0) > (unhealthyAbove ?? Number.POSITIVE_INFINITY) ||
    (degradedBurn ?? 0) > (unhealthyBurn ?? Number.POSITIVE_INFINITY)
  if (isUpsideDown) {
    remarks.push(
      error({
        path,
        found: 'a threshold for degraded that lies above the one for unhealthy',
        expected: 'degraded to come first',
        fix: 'exchange them',
      }),
    )
  }
  return remarks
}

function metricFits(
  signal: HealthSignal,
  path: Path,
  metrics: Strategy['detection']['metrics'],
): readonly Remark[] {
  const { metric, degradedAbove, unhealthyAbove } = signal
  if (metric === undefined) return []
  const found = metrics.find(({ name }) => name === metric)
  if (found === undefined) {
    const known = metrics.map(({ name }) => name)
    const at = { path: [...path, 'metric'], what: 'metric', where: 'detection.metrics' }
    return [unknownName(metric, known, at)]
  }
  if (found.slo === undefined && (signal.degradedBurn ?? signal.unhealthyBurn) !== undefined) {
    return [
      error({
        path,
        found: `a burn rate of "${metric}", which has no objective`,
        expected: '"slo" at the metric, for a budget that can burn',
        fix: 'add "slo: { objective: 99.9% }" there, or give a share instead',
      }),
    ]
  }
  const counts = degradedAbove !== undefined || unhealthyAbove !== undefined
  if (!counts || found.kind === 'error-rate') return []
  return [
    error({
      path,
      found: `a share of bad requests of "${metric}", which does not count failed ones`,
      expected: 'a metric that counts failed requests',
      fix: 'remove the threshold: then the verdict on the latency counts',
    }),
  ]
}

function flowsAreNotComponents({ workload, health }: Named): readonly Remark[] {
  const components = new Set([
    ...workload.components.map(({ name }) => name),
    ...health.components.map(({ name }) => name),
  ])
  return health.flows.flatMap(({ name }, place) =>
    components.has(name)
      ? [
          error({
            path: [...FLOWS, place, 'name'],
            found: `a flow "${name}" that is called like a component`,
            expected: 'another name, because dependencies refer to it',
            fix: 'name it after what users do',
          }),
        ]
      : [],
  )
}

/** What nothing measures stays unknown for ever, and no group would ever pass. */
function isMeasured({ workload, health }: Named): readonly Remark[] {
  const own = workload.components.map(({ name }) => name)
  return entriesOf(health).flatMap(({ entry, path }) => {
    const isOwn = path[1] === 'components' && own.includes(entry.name)
    if (isOwn || entry.signals.length > 0 || entry.dependsOn.length > 0) return []
    return [
      error({
        path,
        found: `"${entry.name}", which nothing measures`,
        expected: '"signals" or "dependsOn": what is not known keeps every group from passing',
        fix: 'say what it is measured by, or remove it',
      }),
    ]
  })
}

function dependenciesExist(named: Named): readonly Remark[] {
  const known = [
    ...new Set([
      ...named.workload.components.map(({ name }) => name),
      ...entriesOf(named.health).map(({ entry }) => entry.name),
    ]),
  ]
  return entriesOf(named.health).flatMap(({ entry, path }) =>
    entry.dependsOn.flatMap(({ name }, place) =>
      known.includes(name)
        ? []
        : [
            unknownName(name, known, {
              path: [...path, 'dependsOn', place, 'name'],
              what: 'component or flow',
              where: 'workload.components or health',
            }),
          ],
    ),
  )
}

/** A circle has no first: nothing in it could ever become healthy again. */
function circles({ health }: Named): readonly Remark[] {
  const entries = entriesOf(health)
  const below = new Map(entries.map(({ entry }) => [entry.name, entry.dependsOn]))
  const everythingBelow = (name: string): ReadonlySet<string> => {
    const found = new Set<string>()
    const ahead = [name]
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      for (const one of below.get(next) ?? []) {
        if (!found.has(one.name)) ahead.push(one.name)
        found.add(one.name)
      }
    }
    return found
  }
  return entries.flatMap(({ entry, path }) =>
    everythingBelow(entry.name).has(entry.name)
      ? [
          error({
            path: [...path, 'dependsOn'],
            found: `"${entry.name}" depends on itself, directly or through others`,
            expected: 'dependencies without a circle',
            fix: 'remove the dependency that closes it',
          }),
        ]
      : [],
  )
}

function error(remark: Omit<Remark, 'severity'>): Remark {
  return { severity: 'error', ...remark }
}
