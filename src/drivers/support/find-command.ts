import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/**
 * Where a command would be found, as `execvp` looks for it; null when it would not be. Asked
 * before a start, because exit code 127 of a launcher cannot be told from the command's own.
 */
export async function findCommand(
  command: string,
  folder: string,
  path: string | undefined,
): Promise<string | null> {
  const places = command.includes('/')
    ? [isAbsolute(command) ? command : resolve(folder, command)]
    : (path ?? '').split(delimiter).map((place) => join(resolve(folder, place), command))
  for (const place of places) {
    if (await isExecutable(place)) return place
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
