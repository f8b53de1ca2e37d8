import type { Happened } from './history.ts'

/** Shorter names are too often a part of ordinary text to be replaced without their prefix. */
const BARE_NAME_MIN = 3
/** Whoever acted without a role that the decision asked for. */
const SOMEBODY = 'an operator'
/** Actors who are nobody's name. */
const NOT_PEOPLE = new Set(['goaround', 'tree'])
/** `person:local` is whoever sits at the machine; the word itself is in many sentences. */
const NOT_A_NAME = new Set(['local'])
/** Built-in roles that read badly as they are. */
const SAID: Readonly<Record<string, string>> = { 'on-call': 'on-call engineer' }

/** `release-captain` → `a release captain`. */
export function sayRole(role: string): string {
  const words = SAID[role] ?? role.replaceAll('-', ' ')
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`
}

/** `person:zoe as release-captain, person:omar as stakeholder` → `approved by a release captain and a stakeholder`. */
export function sayAuthority(authority: string): string {
  const roles = [...authority.matchAll(/(?:^|, )\S+ as ([a-z0-9-]+)/g)].map(([, role = '']) =>
    sayRole(role),
  )
  return roles.length === 0 ? authority : `approved by ${roles.join(' and ')}`
}

/**
 * Finds everybody who had a hand in a history and gives back a function that puts their role in
 * place of their name, wherever a text mentions it. What people read to learn from names no one:
 * who did what stays in the audit trail.
 */
export function rolesForNames(history: readonly Happened[]): (text: string) => string {
  const roles = new Map<string, string>()
  for (const name of namesIn(history)) if (!NOT_PEOPLE.has(name)) roles.set(name, SOMEBODY)
  for (const { event } of history) {
    if (event.type === 'approval.given') roles.set(event.data.by, sayRole(event.data.role))
  }
  const spellings = [...roles]
    .flatMap(([name, role]) => [name, ...bareName(name)].map((spelling) => ({ spelling, role })))
    .toSorted((a, b) => b.spelling.length - a.spelling.length)
  const role = new Map(spellings.map((one) => [one.spelling.toLowerCase(), one.role]))
  if (spellings.length === 0) return (text) => text
  const any = spellings.map(({ spelling }) => escaped(spelling)).join('|')
  // A name ends where no letter, digit or hyphen follows; a full stop after it ends the sentence.
  const pattern = new RegExp(`(?<![\\w@.-])(?:${any})(?![\\w@-]|\\.\\w)`, 'gi')
  return (text) => text.replace(pattern, (found) => role.get(found.toLowerCase()) ?? SOMEBODY)
}

function namesIn(history: readonly Happened[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { event } of history) {
    const { data } = event
    if ('by' in data && event.type !== 'message.superseded') names.add(data.by)
    if (event.type === 'decision.made') names.add(event.data.decision.by)
    for (const name of actorsIn(JSON.stringify(sentencesOf(event)))) names.add(name)
  }
  return names
}

/** Names that only a sentence mentions: `person:alice aborted the rollout: …`. */
function actorsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:person|token):[\w.@+-]*\w/g)].map(([name]) => name)
}

/** Everything of a fact that may hold a sentence; a strategy is long and names nobody. */
function sentencesOf(event: Happened['event']): unknown {
  return event.type === 'rollout.started' ? event.data.by : event.data
}

/** `person:zoe.quill` → `zoe.quill` and, as people write it, `zoe quill`. A token is not called by its name. */
function bareName(name: string): readonly string[] {
  if (!name.startsWith('person:')) return []
  const bare = name.slice('person:'.length)
  const spellings = new Set([bare, bare.replace(/[._@+-]+/g, ' '), ...bare.split(/[._@+]/)])
  return [...spellings].filter(
    (spelling) => spelling.length >= BARE_NAME_MIN && !NOT_A_NAME.has(spelling),
  )
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
