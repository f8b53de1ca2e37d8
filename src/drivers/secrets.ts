import { readFile, stat } from 'node:fs/promises'
import { failure } from '../core/kernel/failure.ts'
import { no, yes } from '../core/kernel/result.ts'
import type { Answer } from '../ports/driver.ts'
import type { Secrets } from '../ports/secrets.ts'

/** A token or key is far smaller; a larger file is the wrong file. */
const SECRET_BYTES_MAX = 64 * 1024

/** Secrets from the environment and from files. Failures name the reference and never the value. */
export function openSecrets(environment: NodeJS.ProcessEnv = process.env): Secrets {
  return async (ref) =>
    'env' in ref ? fromEnvironment(environment, ref.env) : await fromFile(ref.file)
}

function fromEnvironment(environment: NodeJS.ProcessEnv, name: string): Awaited<Answer<string>> {
  const value = environment[name]
  if (value !== undefined && value !== '') return yes(value)
  const what = value === undefined ? 'is not set' : 'is empty'
  return missing(`the environment variable ${name} ${what}; set it where goaround runs`)
}

async function fromFile(path: string): Answer<string> {
  try {
    const { size } = await stat(path)
    if (size > SECRET_BYTES_MAX) {
      return missing(
        `the secret file ${path} is ${size} bytes; at most ${SECRET_BYTES_MAX} are read`,
      )
    }
    // Editors and `echo` end a file with a newline that no token has.
    const value = (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
    return value === '' ? missing(`the secret file ${path} is empty`) : yes(value)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return missing(`the secret file ${path} cannot be read (${code}); goaround's user needs access`)
  }
}

function missing(detail: string) {
  return no(failure('misconfigured', 'never', detail))
}
