import { type SchemaNode, strategyJsonSchema } from './json-schema.ts'
import { type Path, sayPath } from './problem.ts'

/** Written out when the first problem is explained; a file without problems never needs it. */
let written: { readonly root: SchemaNode; readonly homes: Homes } | null = null

type Homes = ReadonlyMap<string, readonly string[]>

function format(): { readonly root: SchemaNode; readonly homes: Homes } {
  if (written === null) {
    const root = strategyJsonSchema()
    written = { root, homes: homesIn(root) }
  }
  return written
}

/** The fields that may stand at a place, given what already stands there. */
export function fieldsAt(path: Path, root: unknown): readonly string[] {
  const all = nodesAt(path, root).flatMap((node) => Object.keys(node.properties ?? {}))
  return [...new Set(all)]
}

/** Where else in a strategy a field of this name belongs: `exposure.groups[]`. */
export function homesOf(field: string): readonly string[] {
  return format().homes.get(field) ?? []
}

/** What the format wants at a place, in a few words; null when it does not say. */
export function expectedAt(path: Path, root: unknown): string | null {
  const said = nodesAt(path, root).flatMap((node) => sayNode(node) ?? [])
  return said.length === 0 ? null : [...new Set(said)].join(' or ')
}

/** A field as people would begin to write it: `bake: 30s`. */
export function exampleOf(path: Path, root: unknown): string | null {
  const [node] = nodesAt(path, root)
  const example = node?.examples?.[0] ?? node?.enum?.[0] ?? node?.const
  return typeof example === 'string' ? example : null
}

function nodesAt(path: Path, root: unknown): readonly SchemaNode[] {
  let nodes: readonly SchemaNode[] = alternatives(format().root, root)
  let value = root
  for (const part of path) {
    value = partOf(value, part)
    nodes = nodes.flatMap((node) => step(node, part)).flatMap((node) => alternatives(node, value))
  }
  return nodes
}

/** The shapes that a value may mean: the one with its `driver`, or all of them. */
function alternatives(node: SchemaNode, value: unknown): readonly SchemaNode[] {
  const choices = node.oneOf ?? node.anyOf
  if (choices === undefined) return [node]
  const meant = choices.filter(({ properties }) =>
    Object.entries(properties ?? {}).some(
      ([name, field]) => field.const !== undefined && partOf(value, name) === field.const,
    ),
  )
  return meant.length > 0 ? meant : choices
}

function step(node: SchemaNode, part: string | number): readonly SchemaNode[] {
  if (typeof part === 'number') {
    const item = node.prefixItems?.[part] ?? node.items
    return item === undefined || item === false ? [] : [item]
  }
  const field = node.properties?.[part] ?? node.additionalProperties
  return typeof field === 'object' ? [field] : []
}

/** What a node of the format wants, in a few words. */
export function sayNode(node: SchemaNode): string | null {
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (node.enum !== undefined) {
    return `one of ${node.enum.map((value) => JSON.stringify(value)).join(', ')}`
  }
  if (node.title !== undefined) return `a ${node.title}${suchAs(node)}`
  switch (node.type) {
    case 'string':
      return `a text${sized(node.minLength, node.maxLength, 'characters')}`
    case 'integer':
      return `a whole number${between(node)}`
    case 'number':
      return `a number${between(node)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list${sized(node.minItems, node.maxItems, 'entries')}`
    case 'object':
      return 'fields'
    case undefined:
    default:
      return null
  }
}

function suchAs({ examples }: SchemaNode): string {
  return examples === undefined
    ? ''
    : ` such as ${examples.map((one) => JSON.stringify(one)).join(' or ')}`
}

function between({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const from = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`
  if (from === undefined && maximum === undefined) return ''
  if (maximum === undefined) return ` of at least ${from}`
  return exclusiveMinimum === undefined
    ? ` from ${minimum} to ${maximum}`
    : ` ${from} and at most ${maximum}`
}

function sized(min: number | undefined, max: number | undefined, of: string): string {
  if (max === undefined) return min === undefined ? '' : ` of at least ${min} ${of}`
  return (min ?? 0) === 0 ? ` of at most ${max} ${of}` : ` of ${min} to ${max} ${of}`
}

function partOf(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
  return Reflect.get(value, part)
}

function homesIn(root: SchemaNode): Homes {
  const found = new Map<string, string[]>()
  visit(root, '')
  return found

  function visit(node: SchemaNode, at: string): void {
    for (const [name, field] of Object.entries(node.properties ?? {})) {
      const known = found.get(name) ?? []
      if (!known.includes(at)) found.set(name, [...known, at])
      visit(field, at === '' ? name : sayPath([at, name]))
    }
    if (node.items !== undefined && node.items !== false) visit(node.items, `${at}[]`)
    for (const choice of node.oneOf ?? node.anyOf ?? []) visit(choice, at)
  }
}
