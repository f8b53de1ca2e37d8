import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inspectStrategy } from './read-strategy.ts'
import { starterStrategy } from './starter-strategy.ts'

const answers = {
  workload: 'shop',
  command: ['node', 'server.js', '{port}', '{release}'],
  listen: '127.0.0.1:8080',
  schema: './schema.json',
}

test('the first strategy of a workload is accepted, and says what is still to be done', () => {
  const { strategy, problems } = inspectStrategy(starterStrategy(answers), 'goaround.yaml')
  expect(strategy).toMatchObject({
    workload: { name: 'shop' },
    traffic: { listen: answers.listen },
  })
  expect(problems.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
    'finding practice.credits',
    'finding mitigations',
  ])
})

test('it is accepted whatever the workload is called and however it is started', () => {
  const name = fc.oneof(
    fc.constantFrom('true', 'null', '1', '1e3', '0x1f', '2026-11-20', 'no'),
    fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}[a-z0-9]$/),
  )
  const command = fc.array(fc.string({ maxLength: 20, unit: 'grapheme' }), { minLength: 1 })
  fc.assert(
    fc.property(name, command, (workload, argv) => {
      const text = starterStrategy({
        ...answers,
        workload,
        command: ['run', ...argv],
        schema: null,
      })
      const { strategy } = inspectStrategy(text, 'goaround.yaml')
      const platform = strategy?.workload.components[0]?.platform
      expect(strategy?.workload.name).toBe(workload)
      expect(platform).toMatchObject({ command: ['run', ...argv] })
    }),
  )
})

test('an editor is told where the schema is, when that is known', () => {
  expect(starterStrategy(answers)).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/)
  expect(starterStrategy({ ...answers, schema: null })).not.toContain('$schema')
})
