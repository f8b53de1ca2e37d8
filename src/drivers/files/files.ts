import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Configuration, ConfigurationSighting } from '../../ports/configuration.ts'
import { codeOf, PRIVATE_FOLDER, replaceFile } from '../support/durable-file.ts'

/** Configuration is text that people review; a larger file is data and has a backup of its own. */
const FILE_BYTES_MAX = 16 * 1024 * 1024
/** The part of a file's mode that says who may do what. */
const PERMISSIONS = 0o7777
const DIGEST = /^[0-9a-f]{64}$/

/**
 * Configuration in files. What is kept lies under its digest in one folder, so that the same
 * content is kept once and nothing that a rollout may need back is overwritten.
 */
export function openFiles(keptFolder: string): Configuration {
  const keptPath = (digest: string) => join(keptFolder, digest)
  return {
    async observe(path) {
      const content = await contentOf(path)
      return content.ok ? yes(sighting(path, content.value)) : content
    },

    async keep(path) {
      const content = await contentOf(path)
      if (!content.ok) return content
      const seen = sighting(path, content.value)
      if (content.value === null || seen.digest === null) return yes(seen)
      try {
        await mkdir(keptFolder, { recursive: true, mode: PRIVATE_FOLDER })
        // The folder is private; the copy has the mode that the file will need when it was removed.
        await replaceFile(keptPath(seen.digest), content.value)
        await chmod(keptPath(seen.digest), (await stat(path)).mode & PERMISSIONS)
      } catch (error) {
        return no(trouble(keptFolder, error))
      }
      return yes(seen)
    },

    async restore(path, digest) {
      try {
        if (digest === null) {
          await unlink(path).catch((error: unknown) => {
            if (codeOf(error) !== 'ENOENT') throw error
          })
          return yes(null)
        }
        const kept = await keptContent(keptPath(digest), digest)
        if (!kept.ok) return kept
        const { mode } = await stat(keptPath(digest))
        await replaceFile(path, kept.value, mode)
        return yes(null)
      } catch (error) {
        return no(trouble(path, error))
      }
    },
  }
}

/** Kept content is checked before it is put back: a damaged copy must not become the configuration. */
async function keptContent(path: string, digest: string): Promise<Result<Buffer, DriverFailure>> {
  const lost = failure(
    'not-found',
    'never',
    `no copy with digest ${digest.slice(0, 12)} was kept: restore the file by hand`,
  )
  if (!DIGEST.test(digest)) return no(lost)
  const content = await contentOf(path)
  if (!content.ok) return content
  if (content.value === null) return no(lost)
  if (digestOf(content.value) === digest) return yes(content.value)
  return no(
    failure('refused', 'never', `the kept copy ${path} is damaged: restore the file by hand`),
  )
}

async function contentOf(path: string): Promise<Result<Buffer | null, DriverFailure>> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) {
      return no(
        failure(
          'misconfigured',
          'never',
          `${path} is ${size} bytes; configuration has at most ${FILE_BYTES_MAX}`,
        ),
      )
    }
    return yes(await readFile(path))
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? yes(null) : no(trouble(path, error))
  }
}

function sighting(path: string, content: Buffer | null): ConfigurationSighting {
  if (content === null) return { digest: null, evidence: `there is no ${path}` }
  const digest = digestOf(content)
  return { digest, evidence: `${path} has digest ${digest.slice(0, 12)}` }
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function trouble(path: string, error: unknown): DriverFailure {
  const code = codeOf(error) ?? 'unknown error'
  if (code === 'EACCES' || code === 'EPERM') {
    return failure(
      'denied',
      'never',
      `${path} may not be read or written by goaround's user (${code})`,
    )
  }
  return failure('unclear', 'after-looking', `${path} could not be read or written (${code})`)
}
