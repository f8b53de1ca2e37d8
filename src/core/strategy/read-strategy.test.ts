// Long on purpose: every case is one edit of the same strategy, and a table is read faster whole.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseDuration, startOfDay } from '../kernel/instant.ts'
import { type StrategyProblem, sayProblem, showProblem } from './problem.ts'
import { inspectStrategy, readStrategy } from './read-strategy.ts'

/** A strategy that uses every part of the format and of which nothing is to be said. */
const PROMETHEUS = 'driver: prometheus, url: "http://127.0.0.1:9090"'
const FULL = readFileSync(join(import.meta.dirname, 'fixtures/full.yaml'), 'utf8')

type Edit = readonly [from: string, to: string]
type Case = readonly [what: string, edits: readonly Edit[], path: string, says: RegExp]

test('a strategy without mistakes is read, with its defaults filled in', () => {
  const read = readStrategy(FULL, 'full.yaml')
  expect(inspectStrategy(FULL, 'full.yaml').problems).toEqual([])
  expect(read).toMatchObject({
    ok: true,
    value: {
      workload: { stacks: ['blue', 'green'], components: [{ replicas: 2 }, { replicas: 1 }] },
      exposure: { groups: [{ share: 100, bake: parseDuration('1h'), minExposure: 50 }, {}, {}] },
      detection: {
        every: 500,
        falseAlarms: 0.01,
        metrics: [{ tolerance: 1, source: 'router' }, {}, {}],
      },
      mitigations: { fallback: { capacity: 10_000, within: parseDuration('5m') } },
    },
  })
})

test('the same strategy as JSON is the same strategy', () => {
  const yaml = readStrategy(FULL, 'full.yaml')
  const shortest = {
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [{ name: 'web', platform: { driver: 'processes', command: ['node', 's.js'] } }],
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:8080' },
    exposure: { model: 'canary', groups: [{ name: 'all', share: '100%', bake: '1h' }] },
    detection: { metrics: [{ name: 'errors', kind: 'error-rate' }] },
    mitigations: {},
    decision: { tree: [{ name: 'ask', choose: 'hold', because: 'a person knows' }] },
  }
  expect(readStrategy(JSON.stringify(shortest, null, '\t'), 'a.json')).toMatchObject({ ok: true })
  expect(yaml.ok && readStrategy(JSON.stringify(shortest), 'b.json').ok).toBe(true)
})

test('a recommended metric can be asked for by its name alone', () => {
  const named = edited([
    ['    - name: errors\n      kind: error-rate\n', '    - errors\n'],
    ['    - name: latency\n      kind: latency\n      tolerance: 1.2\n', '    - latency\n'],
  ])
  const read = readStrategy(named, 'named.yaml')
  expect(read.ok && read.value.detection.metrics).toMatchObject([
    { name: 'errors', kind: 'error-rate', source: 'router', tolerance: 1 },
    { name: 'latency', kind: 'latency', tolerance: 1.1, allow: { unit: 'ms', amount: 5 } },
    { name: 'orders', source: 'prom' },
  ])
})

describe('a shape that is wrong is refused:', () => {
  const cases: readonly Case[] = [
    [
      'a misspelt recommended metric',
      [['- name: errors\n      kind: error-rate', '- erors']],
      'detection.metrics[0]',
      /did you mean "errors"/,
    ],
    [
      'a misspelt field of a metric',
      [['      kind: latency', '      kind: latency\n      tolerence: 2']],
      'detection.metrics[1].tolerence',
      /did you mean "tolerance"/,
    ],
    [
      'a difference without a unit that is known',
      [['tolerance: 1.2', 'allow: 5 points']],
      'detection.metrics[1].allow',
      /"5ms" \(at most 1m\)/,
    ],
    [
      'a misspelt field',
      [['criticality:', 'critcality:']],
      'workload.critcality',
      /did you mean "criticality"/,
    ],
    [
      'a field in the wrong place',
      [['  manual', '  falseAlarms: 0.1\n      manual']],
      'exposure.groups[2].falseAlarms',
      /"falseAlarms" belongs in detection/,
    ],
    [
      'a field nobody knows',
      [['owner:', 'xyzzyq:']],
      'workload.xyzzyq',
      /must not look as if it were kept/,
    ],
    [
      'a missing section',
      [['kind: Strategy', '']],
      'kind',
      /found nothing; expected "Strategy"; add "kind: Strategy"/,
    ],
    [
      'a missing field',
      [['      bake: 2h\n', '']],
      'exposure.groups[1].bake',
      /found nothing; expected a duration such as "30s"/,
    ],
    [
      'a duration without a unit',
      [['bake: 2h', 'bake: 120']],
      'exposure.groups[1].bake',
      /write the unit, as in "120s"/,
    ],
    [
      'a duration of words',
      [['bake: 2h', 'bake: two hours']],
      'exposure.groups[1].bake',
      /found "two hours"/,
    ],
    [
      'a wait of nothing',
      [['fallback: {}', 'fallback: { within: 0s }']],
      'mitigations.fallback.within',
      /longer than 0s/,
    ],
    [
      'a share without its sign',
      [['share: 50%', 'share: 50']],
      'exposure.groups[1].share',
      /write "50%"/,
    ],
    [
      'a share above everybody',
      [['share: 50%', 'share: 150%']],
      'exposure.groups[1].share',
      /from "0%" to "100%"/,
    ],
    [
      'an unknown driver',
      [['driver: processes', 'driver: prozesses']],
      'workload.components[0].platform.driver',
      /did you mean "processes"/,
    ],
    [
      'an unknown choice',
      [['model: canary', 'model: canery']],
      'exposure.model',
      /did you mean "canary"/,
    ],
    ['a name with capitals', [['name: shop', 'name: Shop']], 'workload.name', /lower-case letters/],
    [
      'a number that is too large',
      [['replicas: 2', 'replicas: 2000']],
      'workload.components[0].replicas',
      /a whole number from 1 to 1000/,
    ],
    [
      'a value that is empty',
      [['because: the fix is quick', 'because:']],
      'decision.tree[3].because',
      /nothing behind the ":"/,
    ],
    [
      'a text in place of a list',
      [['command: [./order.sh, "{endpoint}"]', 'command: ./order.sh']],
      'exposure.groups[0].smoke[1].command',
      /put it in a list/,
    ],
    [
      'a day that does not exist',
      [['2026-11-20', '2026-02-30']],
      'practice.credits[0].rehearsedOn',
      /a date such as/,
    ],
    [
      'a URL of another kind',
      [['"https://example.org/hook"', '"ftp://example.org"']],
      'communication.channels[1].url',
      /begins with http/,
    ],
    [
      'a port that does not exist',
      [['127.0.0.1:8080', '127.0.0.1:80800']],
      'traffic.listen',
      /at most 65535/,
    ],
  ]
  test.each(cases)('%s', (_what, edits, path, says) => {
    expectProblem('error', edited(edits), path, says)
  })

  test.each(['hunter2', '\n          hunter2'])(
    'a secret in place of a reference, without repeating it: %j',
    (secret) => {
      const problems = problemsOf(edited([['{ env: SMTP_PASSWORD }', secret]]))
      expect(problems).toHaveLength(1)
      expect(problems[0]?.expected).toContain('never the secret itself')
      expect(JSON.stringify(problems)).not.toContain('hunter2')
    },
  )

  test('any slip on a line with a secret, without repeating it', () => {
    const text = edited([
      ['ports: { blue: 8100, green: 8200 }', 'env: { API_TOKEN: 17439 }'],
      ['url: "http://127', 'urll: "http://me:hunter2@127'],
      ['password: { env: SMTP_PASSWORD }', 'pasword: hunter3'],
    ])
    const shown = problemsOf(text).map(showProblem).join('\n')
    expect(shown).toContain('API_TOKEN')
    expect(shown).not.toMatch(/hunter|17439/)
  })
})

describe('parts that do not fit together are refused:', () => {
  const cases: readonly Case[] = [
    [
      'an expression over an event that does not parse',
      [['event.data.issue', 'event.data.']],
      'detection.alerts.webhooks[0].id',
      /an expression over "event"/,
    ],
    [
      'an expression with a function that may take minutes',
      [['event.type.startsWith("issue.")', 'event.type.matches("(a+)+")']],
      'detection.alerts.webhooks[0].when',
      /"matches" is not available here/,
    ],
    [
      'a loop within a loop over an event',
      [
        [
          'event.type.startsWith("issue.")',
          'event.data.a.exists(x, event.data.b.exists(y, x == y))',
        ],
      ],
      'detection.alerts.webhooks[0].when',
      /a loop within a loop/,
    ],
    [
      'an expression for a label over something else than the event',
      [['version: event.data.release', 'version: data.release']],
      'detection.alerts.webhooks[0].labels.version',
      /data/,
    ],
    [
      'a heartbeat twice',
      [['every: 2m }', 'every: 2m }\n      - { source: alertmanager, every: 3m }']],
      'detection.alerts.heartbeats[1].name',
      /second heartbeat "alertmanager"/,
    ],
    [
      'two components of one name',
      [['name: worker', 'name: web']],
      'workload.components[1].name',
      /second component "web"/,
    ],
    [
      'one stack twice',
      [
        ['[blue, green]', '[blue, blue]'],
        ['        ports: { blue: 8100, green: 8200 }\n', ''],
      ],
      'workload.stacks[1]',
      /both stacks/,
    ],
    [
      'ports of an unknown stack',
      [['green: 8200', 'gren: 8200']],
      'workload.components[0].platform.ports.gren',
      /did you mean "green"/,
    ],
    [
      'ports that lack a stack',
      [[', green: 8200', '']],
      'workload.components[0].platform.ports',
      /no port for the stack "green"/,
    ],
    [
      'ports that overlap',
      [['green: 8200', 'green: 8101']],
      'workload.components[0].platform.ports.green',
      /at least 2 ports/,
    ],
    [
      'a misspelt placeholder',
      [['"{port}"', '"{prot}"']],
      'workload.components[0].platform.command[2]',
      /did you mean "{port}"/,
    ],
    [
      'a placeholder that this command does not get',
      [['state: [./state.sh, "{stack}"]', 'state: [./state.sh, "{release}"]']],
      'workload.components[1].platform.state[1]',
      /nothing is filled into here/,
    ],
    [
      'a platform that can only add',
      [['        scale: [./scale.sh, "{stack}", "{replicas}"]\n', '']],
      'workload.components[1].platform',
      /neither "undo" nor "scale"/,
    ],
    [
      'a query in the braces of a shell',
      [['orders_total{stack="$stack"}', 'orders_total{stack="${stack}"}']],
      'detection.metrics[2].query.requests',
      /did you mean "\$stack"/,
    ],
    [
      'a query that is no counter any more',
      [['orders_total{stack="$stack"}', 'rate(orders_total{stack="$stack"}[1m])']],
      'detection.metrics[2].query.requests',
      /remove "rate/,
    ],
    [
      'traffic for an unknown component',
      [['component: web', 'component: wep']],
      'traffic.component',
      /did you mean "web"/,
    ],
    [
      'a cohort that nobody can tell apart',
      [['  subjectHeader: x-user-id\n', '']],
      'exposure.groups[0].cohort',
      /x-user-id/,
    ],
    [
      'two groups of one name',
      [['name: half', 'name: staff']],
      'exposure.groups[1].name',
      /second group "staff"/,
    ],
    [
      'a share that does not grow',
      [['share: 50%', 'share: 1%']],
      'exposure.groups[1].share',
      /1 % after 1 %/,
    ],
    [
      'a last group that is not everybody',
      [['share: 100%', 'share: 90%']],
      'exposure.groups[2].share',
      /never ends/,
    ],
    [
      'a bake that shrinks',
      [['bake: 24h', 'bake: 90m']],
      'exposure.groups[2].bake',
      /1h 30m after 2h/,
    ],
    [
      'giving up within the bake',
      [['giveUpAfter: 6h', 'giveUpAfter: 1h']],
      'exposure.groups[0].giveUpAfter',
      /within the bake/,
    ],
    [
      'a minimum where nobody is exposed',
      [['share: 1%\n      cohort: [alice, bob]', 'share: 0%']],
      'exposure.groups[0].minExposure',
      /minExposure: 0/,
    ],
    [
      'a window that ends before it starts',
      [['to: "15:00"', 'to: "08:00"']],
      'exposure.groups[1].windows[0].to',
      /from 09:00 to 08:00/,
    ],
    [
      'a time zone that does not exist',
      [['Europe/Oslo', 'Europe/Olso']],
      'exposure.groups[1].windows[0].zone',
      /IANA/,
    ],
    [
      'a smoke test that does nothing',
      [['          http: { path: / }\n', '']],
      'exposure.groups[0].smoke[0]',
      /neither "http" nor "command"/,
    ],
    [
      'a smoke test that does two things',
      [['http: { path: / }', 'http: { path: / }\n          command: [x]']],
      'exposure.groups[0].smoke[0]',
      /both "http" and "command"/,
    ],
    [
      'two smoke tests of one name',
      [['name: order', 'name: home']],
      'exposure.groups[0].smoke[1].name',
      /second smoke test/,
    ],
    [
      'two metrics of one name',
      [['name: latency', 'name: errors']],
      'detection.metrics[1].name',
      /second metric/,
    ],
    [
      'a source named router',
      [
        ['name: prom,', 'name: router,'],
        ['source: prom', 'source: router'],
        [
          '      query:\n        requests: orders_total{stack="$stack"}\n        errors: orders_failed_total{stack="$stack"}\n',
          '',
        ],
      ],
      'detection.sources[0].name',
      /"router" is the traffic router/,
    ],
    [
      'looking too often',
      [['  sources:', '  every: 10ms\n  sources:']],
      'detection.every',
      /at least 100ms/,
    ],
    [
      'looking at stale data',
      [['  sources:', '  every: 30s\n  sources:']],
      'detection.every',
      /stale after 15s/,
    ],
    [
      'an unknown source',
      [['source: prom', 'source: porm']],
      'detection.metrics[2].source',
      /did you mean "prom"/,
    ],
    [
      'a query for the router',
      [['tolerance: 1.2', 'query: { buckets: x }']],
      'detection.metrics[1].query',
      /counts requests, errors and times itself/,
    ],
    [
      'half a query',
      [['        errors: orders_failed_total{stack="$stack"}\n', '']],
      'detection.metrics[2].query',
      /no query "errors"/,
    ],
    [
      'a query of another kind',
      [['        errors: orders', '        buckets: x{stack="$stack"}\n        errors: orders']],
      'detection.metrics[2].query.buckets',
      /of kind error-rate/,
    ],
    [
      'a difference in the unit of another kind',
      [['tolerance: 1.2', 'allow: 0.5%']],
      'detection.metrics[1].allow',
      /a duration, such as "5ms"/,
    ],
    [
      'a gauge that the router is to measure',
      [['kind: latency', 'kind: gauge']],
      'detection.metrics[1]',
      /the router counts requests/,
    ],
    [
      'a direction of errors',
      [['kind: error-rate', 'kind: error-rate\n      direction: decrease']],
      'detection.metrics[0].direction',
      /only more of it is bad/,
    ],
    [
      'a recommended metric twice',
      [['- name: latency\n      kind: latency\n      tolerance: 1.2', '- errors']],
      'detection.metrics[1].name',
      /second metric/,
    ],
    [
      'a selector of pushed metrics that is PromQL',
      [
        [PROMETHEUS, 'driver: otlp, listen: "127.0.0.1:4318"'],
        ['requests: orders_total{stack="$stack"}', 'requests: sum(orders)'],
      ],
      'detection.metrics[2].query.requests',
      /cannot be read at its character 4/,
    ],
    [
      'pushed metrics from anybody',
      [[PROMETHEUS, 'driver: otlp, listen: "0.0.0.0:4318"']],
      'detection.sources[0].listen',
      /from anybody who can reach it/,
    ],
    [
      'pushed metrics that do not tell the arms apart',
      [[PROMETHEUS, 'driver: otlp, listen: "127.0.0.1:4318", select: { service.name: $workload }']],
      'detection.sources[0].select',
      /the same for the candidate and the control/,
    ],
    [
      'pushed metrics with an unknown variable',
      [[PROMETHEUS, 'driver: otlp, listen: "127.0.0.1:4318", select: { version: $relase }']],
      'detection.sources[0].select.version',
      /did you mean "\$release"/,
    ],
    [
      'a query that cannot tell the arms apart',
      [['orders_total{stack="$stack"}', 'orders_total']],
      'detection.metrics[2].query.requests',
      /same for the candidate and the control/,
    ],
    [
      'a query with an unknown variable',
      [['orders_total{stack="$stack"}', 'orders_total{stack="$stak"}']],
      'detection.metrics[2].query.requests',
      /did you mean "\$stack"/,
    ],
    [
      'two branches of one name',
      [['name: restore', 'name: back']],
      'decision.tree[2].name',
      /second branch/,
    ],
    [
      'a tree without a last word',
      [['    - name: ask\n      choose: hold\n      because: nothing else is left\n', '']],
      'decision.tree[3].when',
      /what happens if nothing else matches/,
    ],
    [
      'a branch that is never reached',
      [['      when: able.fallback\n      choose: fallback', '      choose: hold']],
      'decision.tree[2].name',
      /always holds/,
    ],
    [
      'a way out that is not configured',
      [['  rollback: {}\n', '']],
      'decision.tree[2].choose',
      /add "rollback: {}"/,
    ],
    [
      'a bypass without its name',
      [['      bypass: no-recommendations\n', '']],
      'decision.tree[0].bypass',
      /add "bypass: no-recommendations"/,
    ],
    [
      'an unknown bypass',
      [['      bypass: no-rec', '      bypass: no-reck']],
      'decision.tree[0].bypass',
      /did you mean "no-recommendations"/,
    ],
    [
      'a bypass where none is chosen',
      [['choose: fallback', 'choose: fallback\n      bypass: no-recommendations']],
      'decision.tree[1].bypass',
      /only where "choose" is "bypass"/,
    ],
    [
      'one role twice',
      [['[{ role: sre, count: 2 }]', '[{ role: sre }, { role: sre }]']],
      'decision.tree[2].approvals[1].role',
      /count: 2/,
    ],
    [
      'a fix that takes longer than it may',
      [['effort: 45m', 'effort: 3h']],
      'mitigations.hotfix.effort',
      /2h for it/,
    ],
    [
      'a condition about an unknown fact',
      [['able.fallback', 'able.falback']],
      'decision.tree[1].when',
      /did you mean "able.fallback"/,
    ],
    [
      'a condition about an unknown metric',
      [['when: able.fallback', `when: '"eros" in failure.metrics'`]],
      'decision.tree[1].when',
      /did you mean "errors"/,
    ],
    [
      'an unknown channel',
      [['channel: hook', 'channel: hock']],
      'communication.audiences[1].channel',
      /did you mean "hook"/,
    ],
    [
      'a user without a password',
      [['        password: { env: SMTP_PASSWORD },\n', '']],
      'communication.channels[0].user',
      /"user" without "password"/,
    ],
    [
      'two audiences of one name',
      [['name: customers', 'name: team']],
      'communication.audiences[1].name',
      /second audience/,
    ],
    [
      'a rehearsal of what cannot be done',
      [['mitigation: fallback', 'mitigation: hold']],
      'practice.credits[0].mitigation',
      /needs no credit/,
    ],
  ]
  test.each(cases)('%s', (_what, edits, path, says) => {
    expectProblem('error', edited(edits), path, says)
  })

  const haproxy: Edit = [
    'driver: builtin\n  listen: 127.0.0.1:8080\n  component: web\n  subjectHeader: x-user-id',
    'driver: haproxy\n  socket: /run/haproxy.sock\n  backend: shop\n  servers: { blue: [b1], green: [g1] }',
  ]
  const noCohort: Edit = ['      cohort: [alice, bob]\n', '']
  test.each<Case>([
    ['a cohort behind weights', [haproxy], 'exposure.groups[0].cohort', /HAProxy splits by weight/],
    [
      'servers of an unknown stack',
      [haproxy, noCohort, ['green: [g1]', 'grean: [g1]']],
      'traffic.servers.grean',
      /did you mean "green"/,
    ],
    [
      'a server in both stacks',
      [haproxy, noCohort, ['green: [g1]', 'green: [b1]']],
      'traffic.servers.green',
      /"b1" in both stacks/,
    ],
  ])('%s', (_what, edits, path, says) => {
    expectProblem('error', edited(edits), path, says)
  })

  test('a rehearsal of what is not configured', () => {
    const text = edited([
      ['  hotfix: { effort: 45m }\n', ''],
      ['mitigation: fallback', 'mitigation: hotfix'],
    ])
    const paths = problemsOf(text).map(({ path }) => path)
    expect(paths).toEqual(['decision.tree[3].choose', 'practice.credits[0].mitigation'])
  })
})

describe('experience warns of, and does not refuse', () => {
  const cases: readonly Case[] = [
    [
      'a webhook that finds no rollout',
      [['workload: \'"shop"\', ', '']],
      'detection.alerts.webhooks[0]',
      /no rollout hears of it/,
    ],
    [
      'an end without a beginning',
      [['        startsAt: event.data.since\n', '']],
      'detection.alerts.webhooks[0].resolved',
      /add "startsAt"/,
    ],
    [
      'a single group',
      [[between('    - name: staff', '    - name: everyone'), '']],
      'exposure.groups',
      /everybody gets the candidate at once/,
    ],
    [
      'a bake of minutes',
      [['bake: 1h', 'bake: 10m']],
      'exposure.groups[0].bake',
      /10m; expected hours or days/,
    ],
    [
      'no smoke tests',
      [[between('      smoke:', '    - name: half'), '']],
      'exposure.groups',
      /no smoke test/,
    ],
    [
      'a group that passes blindly',
      [['      bake: 2h', '      minExposure: 0\n      bake: 2h']],
      'exposure.groups[1].minExposure',
      /without a single request/,
    ],
    [
      'a mission-critical workload without two full stacks',
      [['criticality: high', 'criticality: mission-critical']],
      'exposure.model',
      /"blue-green"/,
    ],
    [
      'a command that starts the same thing for every release',
      [[', "{release}"]\n        ports', ']\n        ports']],
      'workload.components[0].platform.command',
      /does not say which release/,
    ],
    [
      'a command without its port',
      [['"{port}", ', '']],
      'workload.components[0].platform.command',
      /does not say which port/,
    ],
    [
      'only metrics in the shadow',
      ['errors\n      kind', 'latency\n      kind', 'orders\n'].map(
        (at): Edit => [`- name: ${at}`, `- shadow: true\n      name: ${at}`],
      ),
      'detection.metrics',
      /watch without acting/,
    ],
    [
      'a source that nobody reads',
      [[between('    - name: orders', '\nmitigations'), '']],
      'detection.sources[0].name',
      /no metric uses/,
    ],
    [
      'braces that may be meant for somebody else',
      [['"{port}", "{release}"]', '"{port}", "{release}", "{xyzzyq}"]']],
      'workload.components[0].platform.command[4]',
      /nothing is filled into here/,
    ],
    [
      'no fallback',
      [
        ['  fallback: {}\n', ''],
        [between('    - name: back', '    - name: restore'), ''],
        [between('practice:', '\0'), ''],
      ],
      'mitigations',
      /no fallback/,
    ],
    [
      'a fallback to less than everything',
      [['fallback: {}', 'fallback: { capacity: 50% }']],
      'mitigations.fallback.capacity',
      /50 % of the capacity/,
    ],
    [
      'no bypass',
      [
        [between('  bypasses:', '\ndecision'), ''],
        [between('    - name: switch-off', '    - name: back'), ''],
      ],
      'mitigations',
      /no bypass/,
    ],
    [
      'a bypass that ends before the fix',
      [['expiresAfter: 4h', 'expiresAfter: 30m']],
      'mitigations.bypasses[0].expiresAfter',
      /a fix that takes 45m/,
    ],
    [
      'a tree that may end without a way out',
      [['choose: hold', 'choose: fallback']],
      'decision.tree[4].choose',
      /as the last word/,
    ],
    [
      'a mitigation that is never chosen',
      [[between('    - name: restore', '    - name: fix'), '']],
      'mitigations.rollback',
      /no branch chooses/,
    ],
    [
      'a bypass that is never chosen',
      [[between('    - name: switch-off', '    - name: back'), '']],
      'mitigations.bypasses[0].name',
      /no branch chooses/,
    ],
    [
      'a hotfix as the usual way out of immutable infrastructure',
      [
        [
          between('    - name: switch-off', '    - name: restore'),
          '    - name: quick\n      choose: hotfix\n      because: x\n',
        ],
      ],
      'decision.tree[0].choose',
      /go back first/,
    ],
    [
      'nobody who is told',
      [[between('communication:', '\npractice'), '']],
      'communication',
      /nobody who hears/,
    ],
    [
      'a channel to nobody',
      [['channel: hook', 'channel: mail']],
      'communication.channels[1].name',
      /no audience uses/,
    ],
    [
      'a password in the clear',
      [['user: shop,', 'user: shop, tls: never,']],
      'communication.channels[0].tls',
      /without encryption/,
    ],
    [
      'nothing rehearsed',
      [[between('practice:', '\0'), '']],
      'practice.credits',
      /no rehearsal on record/,
    ],
  ]
  test.each(cases)('%s', (_what, edits, path, says) => {
    expectProblem('finding', edited(edits), path, says)
  })

  test('a share below the smallest step of HAProxy', () => {
    const text = edited([
      [
        between('traffic:', '\nexposure'),
        'traffic: { driver: haproxy, socket: /s, backend: b, servers: { blue: [x], green: [y] } }\n',
      ],
      ['share: 1%\n      cohort: [alice, bob]', 'share: 0.2%'],
    ])
    const { strategy, problems } = inspectStrategy(text, 'full.yaml')
    expect(strategy).not.toBeNull()
    expect(problems.map(({ path }) => path)).toEqual(['exposure.groups[0].share'])
  })

  test('a rehearsal that has run out, or has not taken place, once it is told the time', () => {
    const at = (day: string) => inspectStrategy(FULL, 'f', startOfDay(day)).problems.map(sayProblem)
    expect(at('2026-12-01')).toEqual([])
    expect(at('2026-12-22')).toEqual([expect.stringMatching(/ran out 1d ago/)])
    expect(at('2026-11-01')).toEqual([expect.stringMatching(/still to come/)])
  })
})

test('all problems are said at once, from top to bottom, and hide each other as little as possible', () => {
  const text = edited([
    ['criticality: high', 'critcality: high'],
    ['share: 50%', 'share: 1%'],
    ['source: prom', 'source: porm'],
    ['able.fallback', 'able.falback'],
    ['channel: hook', 'channel: hock'],
  ])
  const errors = problemsOf(text).filter(({ severity }) => severity === 'error')
  expect(errors.map(({ path }) => path)).toEqual([
    'workload.critcality',
    'exposure.groups[1].share',
    'detection.metrics[2].source',
    'decision.tree[1].when',
    'communication.audiences[1].channel',
  ])
})

test('a problem names its line and column and shows them', () => {
  const [problem] = problemsOf(edited([['criticality: high', 'critcality: high']]))
  expect(problem).toMatchObject({ file: 'full.yaml', line: 7, column: 3 })
  expect(problem === undefined ? '' : showProblem(problem)).toBe(
    [
      'full.yaml:7:3 workload.critcality: found the unknown field "critcality"; expected one of "name", "owner", "criticality", "infrastructure", "stacks", "components", "configuration"; did you mean "criticality"?',
      '    7 |   critcality: …',
      '      |   ^^^^^^^^^^',
    ].join('\n'),
  )
})

test.each([
  ['plain', 'when: able.falback'],
  ['in single quotes', 'when: \'exposure.group == "half" && able.falback\''],
  ['in double quotes', 'when: "exposure.group == \\"half\\" && able.falback"'],
  ['folded', 'when: >-\n        exposure.share < 0.5\n        && able.falback'],
  ['literal', 'when: |\n        exposure.share < 0.5 &&\n          able.falback'],
  ['over two plain lines', 'when: exposure.share < 0.5\n        && able.falback'],
])('a condition written %s is pointed at to the letter', (_how, when) => {
  const text = edited([['when: able.fallback', when]])
  const [problem] = problemsOf(text)
  const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? ''
  expect(line.slice((problem?.column ?? 0) - 1)).toMatch(/^falback/)
  expect(problem?.excerpt).toContain('^'.repeat('falback'.length))
})

test('a file with hundreds of slips is answered with at most 201 problems', () => {
  const many = Array.from({ length: 400 }, (_, i) => `  f${i}: 1`).join('\n')
  const problems = problemsOf(edited([['workload:', `workload:\n${many}`]]))
  expect(problems).toHaveLength(201)
  expect(problems.some(({ found }) => found === '200 more problems')).toBe(true)
})

/** The text with each edit made in one place; an edit that changes nothing is a mistake in the test. */
function edited(edits: readonly Edit[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the strategy has no "${from}"`)
    return text.replace(from, () => to)
  }, FULL)
}

/** The part of the full strategy from one text up to another. */
function between(from: string, to: string): string {
  const start = FULL.indexOf(from)
  const end = to === '\0' ? FULL.length : FULL.indexOf(to, start)
  return FULL.slice(start, end)
}

function problemsOf(text: string): readonly StrategyProblem[] {
  return inspectStrategy(text, 'full.yaml').problems
}

/** Exactly this problem of this severity, at this path; an error refuses and a finding does not. */
function expectProblem(
  severity: StrategyProblem['severity'],
  text: string,
  path: string,
  says: RegExp,
): void {
  const { strategy, problems } = inspectStrategy(text, 'full.yaml')
  const mine = problems.filter(
    (problem) =>
      problem.severity === severity && (severity === 'error' || says.test(sayProblem(problem))),
  )
  expect(mine.map((problem) => problem.path)).toEqual([path])
  expect(mine.map(sayProblem)).toEqual([expect.stringMatching(says)])
  expect(strategy === null).toBe(severity === 'error')
}
