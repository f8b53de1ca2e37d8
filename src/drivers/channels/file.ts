import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failure } from '../../core/kernel/failure.ts'
import { no, yes } from '../../core/kernel/result.ts'
import type { Channel } from '../../ports/channel.ts'
import { codeOf } from '../support/durable-file.ts'
import { messageJson } from './message-line.ts'

/** A repeat follows its first try within minutes: it is looked for in this much of the file's end. */
const TAIL_BYTES = 1024 * 1024

/** Appends one line of JSON per message, on the disk before it counts as delivered. A repeat is not appended again. */
export function openFileChannel(path: string): Channel {
  return {
    async deliver(message) {
      try {
        await mkdir(dirname(path), { recursive: true })
        const file = await open(path, 'a+')
        try {
          const { size } = await file.stat()
          const start = Math.max(0, size - TAIL_BYTES)
          const { buffer, bytesRead } = await file.read(
            Buffer.alloc(size - start),
            0,
            size - start,
            start,
          )
          const tail = buffer.subarray(0, bytesRead).toString('utf8')
          if (tail.includes(`{"id":${JSON.stringify(message.id)},`))
            return yes({ evidence: `already in ${path}` })
          // A line that a crash cut short must not swallow the next one.
          const gap = tail === '' || tail.endsWith('\n') ? '' : '\n'
          await file.appendFile(`${gap}${messageJson(message)}\n`)
          await file.sync()
        } finally {
          await file.close()
        }
        return yes({ evidence: `appended to ${path}` })
      } catch (error) {
        return no(trouble(path, error))
      }
    },
    close: async () => undefined,
  }
}

function trouble(path: string, error: unknown) {
  const code = codeOf(error) ?? 'unknown error'
  if (code === 'ENOSPC')
    return failure('unclear', 'after-looking', `the disk is full: ${path} could not be written`)
  const detail = `${path} cannot be written (${code}): give goaround's user the right to, or choose another path`
  return failure(
    code === 'EACCES' || code === 'EPERM' ? 'denied' : 'misconfigured',
    'never',
    detail,
  )
}
