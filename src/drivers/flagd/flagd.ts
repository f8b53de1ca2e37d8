import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Flags } from '../../ports/flags.ts'
import { codeOf, readIfThere, replaceFile } from '../support/durable-file.ts'
import { type Flag, FlagFile, servedVariant, withVariant } from './flag-file.ts'

/** A flag file is read whole by every service that follows it. */
const FILE_CHARS_MAX = 4_000_000
const INDENT = 2

/** Feature flags in a flagd JSON file that services, or flagd itself, follow. */
export function openFlagd(file: string): Flags {
  return {
    async observe(key) {
      const found = await findFlag(file, key)
      if (!found.ok) return found
      const variant = servedVariant(found.value.flag)
      return yes({ variant, evidence: `${file}: '${key}' is ${variant ?? 'disabled'}` })
    },

    async set(key, variant) {
      const found = await findFlag(file, key)
      if (!found.ok) return found
      const { flag, whole } = found.value
      if (servedVariant(flag) === variant) return yes(null)
      const changed = withVariant(flag, variant)
      if (changed === null) {
        const there = Object.keys(flag.variants).join(', ')
        return no(
          failure(
            'not-found',
            'never',
            `flag '${key}' in ${file} has no variant '${variant ?? ''}'; it has ${there}`,
          ),
        )
      }
      const next = { ...whole, flags: { ...whole.flags, [key]: changed } }
      try {
        await replaceFile(file, `${JSON.stringify(next, null, INDENT)}\n`)
        return yes(null)
      } catch (error) {
        return no(trouble(file, error))
      }
    },
  }
}

async function findFlag(
  file: string,
  key: string,
): Promise<Result<{ readonly flag: Flag; readonly whole: FlagFile }, DriverFailure>> {
  const whole = await readFlags(file)
  if (!whole.ok) return whole
  const flag = whole.value.flags[key]
  if (flag !== undefined) return yes({ flag, whole: whole.value })
  const there = Object.keys(whole.value.flags).join(', ') || 'none'
  return no(failure('not-found', 'never', `${file} has no flag '${key}'; it has ${there}`))
}

async function readFlags(file: string): Promise<Result<FlagFile, DriverFailure>> {
  try {
    const text = await readIfThere(file)
    if (text === null) return no(failure('not-found', 'never', `there is no flag file ${file}`))
    if (text.length > FILE_CHARS_MAX) {
      return no(
        failure('misconfigured', 'never', `${file} is larger than ${FILE_CHARS_MAX} characters`),
      )
    }
    const parsed = FlagFile.safeParse(JSON.parse(text))
    if (parsed.success) return yes(parsed.data)
    const [first] = parsed.error.issues
    const where = first?.path.join('.') ?? ''
    return no(
      failure(
        'misconfigured',
        'never',
        `${file} is not a flagd file: ${where}: ${first?.message ?? 'unreadable'}`,
      ),
    )
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
