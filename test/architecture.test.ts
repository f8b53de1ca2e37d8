import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * Checks the shape of the code itself. Read a line as "files here may import files there".
 * The order of the phases is the order of the story: a phase may know the phases before it, and
 * below all of them lie the words, and the steps that rollouts and mitigations are made of.
 */
const PHASES = [
  'strategy',
  'step',
  'health',
  'signal',
  'rollout',
  'detect',
  'decide',
  'mitigate',
  'course',
  'communicate',
  'learn',
  'practice',
] as const

/** Detection judges numbers: it knows nothing of rollouts, so that any evidence can be given to it. */
const STRANGERS: Readonly<Record<string, readonly string[]>> = {
  'core/detect': ['core/rollout', 'core/step', 'core/health'],
  'core/health': ['core/step'],
}

/** The pure libraries that the core may use, by the folder that needs them. */
const CORE_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  'core/kernel': ['npm:@noble/hashes'],
  'core/strategy': ['npm:yaml', 'npm:@marcbachmann/cel-js'],
  'core/rollout': ['npm:js-xxhash'],
}

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/kernel': ['core/kernel', 'npm:zod', ...librariesOf('core/kernel')],
  'core/words': ['core/words', 'core/kernel', 'npm:zod'],
  ...Object.fromEntries(PHASES.map((phase, place) => [`core/${phase}`, forPhase(phase, place)])),
  // Attribution stands beside the phases: it knows fleets and faults, not rollouts and strategies.
  'core/attribute': [
    'core/attribute',
    'core/kernel',
    'core/words',
    'core/detect/statistics',
    'npm:zod',
  ],
  // A backtest replays recordings through detection: it knows what was measured, not what was done about it.
  'core/backtest': [
    'core/backtest',
    'core/kernel',
    'core/words',
    'core/strategy',
    'core/detect',
    'npm:zod',
  ],
  // Pictures know numbers and their units, and nothing of what they mean.
  picture: ['picture', 'core/kernel', 'core/attribute'],
  ports: ['ports', 'core'],
  engine: ['engine', 'ports', 'core', 'npm:zod'],
  drivers: ['drivers', 'ports', 'core', 'npm:'],
  store: ['store', 'ports', 'core/kernel', 'npm:'],
  contract: ['contract', 'core', 'npm:zod'],
  server: ['server', 'engine', 'ports', 'core', 'contract', 'picture', 'npm:'],
  cli: ['cli', 'contract', 'core', 'picture', 'npm:'],
  web: ['web', 'contract', 'core', 'npm:'],
  main: [
    'main',
    'cli',
    'server',
    'contract',
    'engine',
    'store',
    'drivers',
    'ports',
    'picture',
    'core',
    'npm:',
  ],
}

/** `import … from 'x'` and `export … from 'x'`, `import 'x'`, and `import('x')`. */
const IMPORTS =
  /^(?:import|export)\s[^'"]*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm

const SRC = join(import.meta.dirname, '../src')
const files = globSync('**/*.{ts,tsx}', { cwd: SRC }).filter((file) => !file.includes('.test.'))

describe('the shape of the code', () => {
  test('is looked at: the check sees the files of every folder and their imports', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(importsOf('core/course/course.ts')).toContain('core/kernel/decider.ts')
    expect(importsOf('core/kernel/hash.ts')).toContain('npm:@noble/hashes/sha2.js')
  })

  test.each(files)('%s imports only what its folder may import', (file) => {
    const home = homeOf(file)
    const allowed = MAY_IMPORT[home] ?? []
    const strays = importsOf(file).filter((target) => !isAllowed(allowed, target))
    expect(strays, `${home} may import ${allowed.join(', ')}`).toStrictEqual([])
  })

  test.each(files.filter((file) => homeOf(file) === 'drivers'))(
    '%s knows no other driver',
    (file) => {
      const own = driverOf(file)
      const others = importsOf(file)
        .filter((target) => target.startsWith('drivers/'))
        .map(driverOf)
        // A single file at the top, or `support`, is shared by all of them.
        .filter((driver) => driver !== null && driver !== own && driver !== 'support')
      expect(others).toStrictEqual([])
    },
  )

  test('has no barrels: whoever needs a file imports that file', () => {
    expect(files.filter((file) => /^index\.tsx?$/.test(basename(file)))).toStrictEqual([])
  })

  test('has kebab-case names everywhere', () => {
    const named = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.tsx?$/
    expect(files.filter((file) => !named.test(basename(file)))).toStrictEqual([])
  })
})

function forPhase(phase: string, place: number): readonly string[] {
  const home = `core/${phase}`
  const known = PHASES.slice(0, place + 1).map((earlier) => `core/${earlier}`)
  const strange = STRANGERS[home] ?? []
  const below = ['core/kernel', 'core/words', 'npm:zod']
  return [...below, ...known.filter((one) => !strange.includes(one)), ...librariesOf(home)]
}

function librariesOf(home: string): readonly string[] {
  return CORE_LIBRARIES[home] ?? []
}

/** The folder whose rule a file falls under: `core/rollout`, `drivers`. */
function homeOf(file: string): string {
  const [top = '', inner = ''] = posix.normalize(file).split('/')
  return top === 'core' ? `${top}/${inner}` : top
}

/** The driver that a file belongs to; null for a file at the top of `drivers`. */
function driverOf(file: string): string | null {
  const parts = file.split('/')
  return parts.length > 2 ? (parts[1] ?? null) : null
}

/** The imports of one file: `core/kernel/result.ts` for our own, `npm:zod` or `npm:node:fs` for others. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(IMPORTS)].map(([, from, bare, inline]) => {
    const target = from ?? bare ?? inline ?? ''
    return target.startsWith('.') ? posix.join(dirname(file), target) : `npm:${target}`
  })
}

function isAllowed(allowed: readonly string[], target: string): boolean {
  return allowed.some((rule) =>
    rule === 'npm:' ? target.startsWith(rule) : target === rule || target.startsWith(`${rule}/`),
  )
}
