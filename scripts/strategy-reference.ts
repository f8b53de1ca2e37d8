import { FACT_FIELDS } from '../src/core/strategy/facts.ts'
import { type SchemaNode, strategyJsonSchema } from '../src/core/strategy/json-schema.ts'
import { sayNode } from '../src/core/strategy/known-fields.ts'

/** Everything between these two lines of docs/strategy.md is written by `npm run schema`. */
const BEGIN = '<!-- fields: written by `npm run schema` -->'
const END = '<!-- fields: end -->'

/** Every other field says what it means where it is declared. */
const ABOUT_DRIVER = 'Chooses these fields.'

/**
 * Puts the lists of all fields and facts into the page, from the shapes that read a strategy.
 * So the page cannot describe a field that does not exist, nor leave one out.
 */
export function withReference(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) {
    throw new Error(`docs/strategy.md needs the lines "${BEGIN}" and "${END}"`)
  }
  return `${before}${BEGIN}\n\n${lists()}\n${END}${after}`
}

function lists(): string {
  const sections: string[] = []
  visit(strategyJsonSchema(), '', 'The file')
  return [...sections, factList()].join('\n')

  function visit(node: SchemaNode, path: string, title: string): void {
    const fields = Object.entries(node.properties ?? {})
    if (fields.length > 0) sections.push(`### ${title}\n\n${opening(node, path)}${fieldList(node)}`)
    for (const [name, field] of fields) descend(field, path === '' ? name : `${path}.${name}`)
  }

  function descend(node: SchemaNode, path: string): void {
    if (node.items !== undefined && node.items !== false) descend(node.items, `${path}[]`)
    else if (node.oneOf === undefined) {
      // A reference to a secret is the same everywhere; it is described once, in the page itself.
      const written = node.anyOf === undefined ? node : fullForm(node)
      if (written !== undefined) visit(written, path, `\`${path}\``)
    } else {
      for (const choice of node.oneOf) {
        const driver = choice.properties?.['driver']?.const
        visit(choice, path, `\`${path}\` with \`driver: ${String(driver)}\``)
      }
    }
  }
}

/** Of something that is written in full or by a name alone, the full form; a titled choice has none. */
function fullForm({ title, anyOf = [] }: SchemaNode): SchemaNode | undefined {
  return title === undefined ? anyOf.find(({ properties }) => properties !== undefined) : undefined
}

function opening({ description }: SchemaNode, path: string): string {
  return path === '' || description === undefined ? '' : `${description}\n\n`
}

function fieldList({ properties, required }: SchemaNode): string {
  return Object.entries(properties ?? {})
    .map(([name, field]) => {
      const must = required?.includes(name) === true ? 'required' : defaultOf(field)
      return entry(name, `${kindOf(field)}; ${must}`, field.description ?? ABOUT_DRIVER)
    })
    .join('')
}

function kindOf(node: SchemaNode): string {
  if (node.oneOf !== undefined) {
    const drivers = node.oneOf.map(
      ({ properties }) => `\`${String(properties?.['driver']?.const)}\``,
    )
    return `fields, by driver: ${drivers.join(', ')}`
  }
  if (node.type === 'array' && node.title === undefined) {
    const item = node.prefixItems?.[0] ?? (node.items === false ? undefined : node.items)
    return item === undefined ? 'a list' : `a list, each: ${kindOf(item)}`
  }
  if (node.type === 'object' && typeof node.additionalProperties === 'object') {
    return `named values, each: ${kindOf(node.additionalProperties)}`
  }
  const said = sayNode(node)?.replace(/ such as .*$/, '')
  return said ?? node.anyOf?.map(kindOf).join(', or ') ?? 'a value'
}

function defaultOf({ default: value }: SchemaNode): string {
  if (value === undefined) return 'optional'
  const isEmpty = JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}'
  if (isEmpty) return 'default: empty'
  return `default: \`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function factList(): string {
  const entries = FACT_FIELDS.map(({ path, type, values, description }) => {
    const only =
      values === null ? type : `${type}, one of ${values.map((one) => `"${one}"`).join(', ')}`
    return entry(path, only, description)
  })
  return `### Facts for conditions\n\n${entries.join('')}`
}

/** One field or fact. A list and not a table: its source stays readable, and so do its changes. */
function entry(name: string, kind: string, meaning: string): string {
  return `- \`${name}\` (${kind}): ${meaning}\n`
}
