import { resolve } from 'node:path'
import type { Platform } from '../../core/strategy/connections.ts'
import { commandEnvironment } from '../support/command-environment.ts'
import { fillPlaceholders } from '../support/placeholders.ts'

/** The `exec` part of a strategy. */
export type ExecConfig = Extract<Platform, { driver: 'exec' }>

/** What a command is told, by its placeholder's name. */
export type Told = Readonly<Record<string, string>>

/** A command line with everything filled in. */
export interface CommandLine {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Fills a command. Without a shell a value is part of one argument and nothing else. With
 * `shell: true` a placeholder becomes the variable that holds the value, so that no name of a
 * release can ever be read as a command.
 */
export function commandLine(
  config: ExecConfig,
  words: readonly string[],
  told: Told,
  effectId: string | null,
): CommandLine {
  const variables = Object.fromEntries(
    Object.entries(told).map(([name, value]) => [variableOf(name), value]),
  )
  const added = Object.fromEntries(
    Object.entries(config.env).map(([name, value]) => [name, fillPlaceholders(value, told)]),
  )
  const env = commandEnvironment({
    ...added,
    ...variables,
    ...(effectId === null ? {} : { GOAROUND_EFFECT_ID: effectId }),
  })
  const cwd = resolve(config.cwd ?? '.')
  if (!config.shell) return { argv: words.map((word) => fillPlaceholders(word, told)), cwd, env }
  const asVariables = Object.fromEntries(
    Object.keys(told).map((name) => [name, `\${${variableOf(name)}}`]),
  )
  return { argv: ['/bin/sh', '-c', fillPlaceholders(words.join(' '), asVariables)], cwd, env }
}

function variableOf(name: string): string {
  return `GOAROUND_${name.toUpperCase()}`
}
