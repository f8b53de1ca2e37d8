import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { inspectStrategy } from '../src/core/strategy/read-strategy.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/telemetry.md'), 'utf8')
const BLOCKS = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)

test('the page about telemetry shows a strategy for each source', () => {
  expect(BLOCKS).toHaveLength(2)
})

test.each(BLOCKS)('what the page shows is accepted: %#', (block) => {
  const strategy = {
    apiVersion: 'goaround.dev/v1',
    kind: 'Strategy',
    workload: {
      name: 'shop',
      components: [{ name: 'web', platform: { driver: 'processes', command: ['shop'] } }],
    },
    traffic: { driver: 'builtin', listen: '127.0.0.1:8080' },
    exposure: { model: 'canary', groups: [{ name: 'all', share: '100%', bake: '1h' }] },
    ...Object(parse(block)),
    mitigations: { fallback: {} },
    decision: { tree: [{ name: 'back', choose: 'fallback', because: 'the old stack is there' }] },
  }
  const { problems } = inspectStrategy(stringify(strategy), 'telemetry.yaml')
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
})
