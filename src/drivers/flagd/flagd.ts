import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Answer } from '../../ports/driver.ts'
import type { Flags } from '../../ports/flags.ts'
import { codeOf, readIfThere, replaceFile } from '../support/durable-file.ts'
import { type Flag, FlagFile, servedVariant, withVariant } from './flag-file.ts'

/** A flag file is read whole by every service that follows it. */
const FILE_CHARS_MAX = 4_000_000
/** For a file that has none to go by. */
const INDENT = '  '

/** How often a change is made anew because somebody else changed the file meanwhile. */
const TRIES_MAX = 5

/** Changes under way, by file: two flags of one file must not overwrite each other's change. */
const underWay = new Map<string, Promise<unknown>>()

/** Feature flags in a flagd JSON file that services, or flagd itself, follow. */
export function openFlagd(file: string): Flags {
  return {
    async observe(key) {
      const found = await findFlag(file, key)
      if (!found.ok) return found
      const variant = servedVariant(found.value.flag)
      return yes({ variant, evidence: `${file}: '${key}' is ${variant ?? 'disabled'}` })
    },

    set(key, variant) {
      const change = (underWay.get(file) ?? Promise.resolve()).then(() =>
        setVariant(file, key, variant),
      )
      underWay.set(file, change)
      return change
    },
  }
}

async function setVariant(file: string, key: string, variant: string | null): Answer<null> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const found = await findFlag(file, key)
    if (!found.ok) return found
    const { flag, whole, text } = found.value
    if (servedVariant(flag) === variant) return yes(null)
    const changed = withVariant(flag, variant)
    if (changed === null) return no(noSuchVariant(file, key, variant, flag))
    const next = { ...whole, flags: { ...whole.flags, [key]: changed } }
    try {
      if ((await readIfThere(file)) !== text) continue
      await replaceFile(file, written(next, text))
      return yes(null)
    } catch (error) {
      return no(trouble(file, error))
    }
  }
  return no(failure('unclear', 'safe', `${file} kept changing while '${key}' was to be set`))
}

/** The same indentation and last line break as before, so that a review shows what changed. */
function written(next: FlagFile, before: string): string {
  const indent = /\n([ \t]+)"/.exec(before)?.[1] ?? (before.trim().includes('\n') ? INDENT : '')
  const end = /\s*$/.exec(before)?.[0] ?? ''
  return `${JSON.stringify(next, null, indent)}${end}`
}

function noSuchVariant(file: string, key: string, variant: string | null, flag: Flag) {
  const there = Object.keys(flag.variants).join(', ')
  const what = `flag '${key}' in ${file} has no variant '${variant ?? ''}'; it has ${there}`
  return failure('not-found', 'never', what)
}

interface FoundFlag {
  readonly flag: Flag
  /** The whole file as it stands, for what we do not know is kept too. */
  readonly whole: FlagFile
  readonly text: string
}

async function findFlag(file: string, key: string): Promise<Result<FoundFlag, DriverFailure>> {
  const read = await readFlags(file)
  if (!read.ok) return read
  const { flags } = read.value.whole
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined
  if (flag !== undefined) return yes({ flag, ...read.value })
  const there = Object.keys(flags).join(', ') || 'none'
  return no(failure('not-found', 'never', `${file} has no flag '${key}'; it has ${there}`))
}

async function readFlags(file: string): Promise<Result<Omit<FoundFlag, 'flag'>, DriverFailure>> {
  try {
    const text = await readIfThere(file)
    if (text === null) return no(failure('not-found', 'never', `there is no flag file ${file}`))
    if (text.length > FILE_CHARS_MAX) {
      const what = `${file} is larger than ${FILE_CHARS_MAX} characters`
      return no(failure('misconfigured', 'never', what))
    }
    const raw: unknown = JSON.parse(text)
    const parsed = FlagFile.safeParse(raw)
    // The shape has vouched for it; its own output would have the fields in another order.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (parsed.success) return yes({ whole: raw as FlagFile, text })
    const [first] = parsed.error.issues
    const where = first?.path.join('.') ?? ''
    const what = `${file} is not a flagd file: ${where}: ${first?.message ?? 'unreadable'}`
    return no(failure('misconfigured', 'never', what))
  } catch (error) {
    // Node's sentence names the position: "… in JSON at position 17 (line 2 column 4)".
    if (error instanceof SyntaxError)
      return no(failure('misconfigured', 'never', `${file} is not JSON: ${error.message}`))
    return no(trouble(file, error))
  }
}

function trouble(file: string, error: unknown): DriverFailure {
  const code = codeOf(error) ?? 'unknown error'
  if (code === 'EACCES' || code === 'EPERM') {
    return failure(
      'denied',
      'never',
      `${file} may not be read or written by goaround's user (${code})`,
    )
  }
  return failure('unclear', 'after-looking', `${file} could not be read or written (${code})`)
}
