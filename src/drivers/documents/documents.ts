import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Documents } from '../../ports/documents.ts'
import { PRIVATE_FOLDER, replaceFile } from '../support/durable-file.ts'
import { withStateTrouble } from '../support/state-trouble.ts'

/** A postmortem is for everybody who may read the folder. */
const READABLE_FILE = 0o644
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** Texts as files in one folder; the same name is replaced as a whole. */
export function openDocuments(folder: string): Documents {
  return {
    async write(name, text) {
      if (!SAFE_NAME.test(name)) {
        return no(
          failure('misconfigured', 'never', `'${name}' is not the name of a file in ${folder}`),
        )
      }
      return withStateTrouble(folder, async () => {
        await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
        const path = join(folder, name)
        await replaceFile(path, text, READABLE_FILE)
        return yes({ path })
      })
    },
  }
}
