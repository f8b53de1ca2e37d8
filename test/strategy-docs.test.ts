import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { withReference } from '../scripts/strategy-reference.ts'
import { compileCondition } from '../src/core/strategy/condition.ts'
import { FACT_FIELDS } from '../src/core/strategy/facts.ts'
import { type SchemaNode, strategyJsonSchema } from '../src/core/strategy/json-schema.ts'

const ROOT = join(import.meta.dirname, '..')
const page = read('docs/strategy.md')
const full: unknown = parse(read('src/core/strategy/fixtures/full.yaml'))

describe('the schema for editors', () => {
  test('is the one that follows from the shapes; otherwise run `npm run schema`', () => {
    expect(read('schema/goaround.schema.json')).toBe(
      `${JSON.stringify(strategyJsonSchema(), null, 2)}\n`,
    )
  })

  test('accepts what is accepted, and marks unknown fields and wrong values', () => {
    const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(read('schema/goaround.schema.json')),
    )
    expect(accepts(full) || accepts.errors).toBe(true)
    expect(accepts({ ...Object(full), detecton: {} })).toBe(false)
    expect(accepts({ ...Object(full), kind: 'Strategie' })).toBe(false)
    expect(accepts({ ...Object(full), exposure: { model: 'canary', groups: [] } })).toBe(false)
  })

  test('gives defaults as people write them, with their units', () => {
    const defaults = new Set<unknown>()
    visit(strategyJsonSchema(), (node) => {
      if (node.title === 'duration' || node.title === 'share') defaults.add(node.default)
    })
    expect([...defaults].filter((value) => typeof value === 'number')).toEqual([])
    expect(defaults).toContain('500ms')
  })
})

describe('the page about strategies', () => {
  test('has the lists that follow from the shapes; otherwise run `npm run schema`', () => {
    expect(page).toBe(withReference(page))
  })

  test('says of every field what it means', () => {
    const silent: string[] = []
    visit(strategyJsonSchema(), (node, name) => {
      if (!page.includes(`- \`${name}\` (`)) silent.push(`${name} is not on the page`)
      if (node.description === undefined && name !== 'driver') silent.push(`${name} says nothing`)
    })
    expect(silent).toEqual([])
  })

  test('lists every fact', () => {
    const missing = FACT_FIELDS.filter(({ path }) => !page.includes(`- \`${path}\` (`))
    expect(missing).toEqual([])
  })

  test('shows conditions that are accepted', () => {
    const block = /```cel\n([\s\S]*?)```/.exec(page)?.[1]?.trim().split('\n') ?? []
    expect(block.length).toBeGreaterThan(4)
    expect(block.filter((condition) => !compileCondition(condition).ok)).toEqual([])
  })
})

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Every named field of the format, except the two of a reference to a secret, which the page explains in prose. */
function visit(node: SchemaNode, look: (node: SchemaNode, name: string) => void): void {
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    look(field, name)
    visit(field, look)
  }
  if (node.items !== undefined && node.items !== false) visit(node.items, look)
  const written = node.title === undefined ? node.anyOf : undefined
  for (const choice of node.oneOf ?? written ?? []) visit(choice, look)
}
