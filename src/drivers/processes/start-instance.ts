import { join, resolve } from 'node:path'
import { type DriverFailure, failure } from '../../core/kernel/failure.ts'
import { no, type Result, yes } from '../../core/kernel/result.ts'
import type { Platform } from '../../core/strategy/connections.ts'
import { findCommand } from '../support/find-command.ts'
import { fillPlaceholders } from '../support/placeholders.ts'
import type { Plan } from './instance.ts'
import { launch } from './launcher.ts'
import { guardOf, guardToken } from './want.ts'

/** The `processes` part of a strategy. */
export type ProcessesConfig = Extract<Platform, { driver: 'processes' }>

/**
 * What an instance inherits. Nothing else: goaround's own environment holds its secrets, and a
 * workload's needs belong into `env`, where they are reviewed.
 */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const

/** Whose instance is started, and where its traces are kept. */
export interface StackPlace {
  readonly workload: string
  readonly component: string
  readonly stack: string
  readonly folder: string
}

/**
 * Starts what was planned. Starting the same plan twice, even from two processes, gives one
 * instance: the second launcher finds the claim of the first.
 */
export async function startInstance(
  config: ProcessesConfig,
  place: StackPlace,
  plan: Plan,
  folder: string,
): Promise<Result<null, DriverFailure>> {
  const env = environmentOf(config, place, plan)
  const cwd = resolve(config.cwd ?? '.')
  const [command = '', ...args] = config.command.map((word) =>
    fillPlaceholders(word, placeholdersOf(place, plan)),
  )
  const found = await findCommand(command, cwd, env['PATH'])
  if (found === null) {
    const what = `the command '${command}' of component '${place.component}' was not found or is not executable (folder ${cwd})`
    return no(failure('misconfigured', 'never', `${what}; correct platform.command`))
  }
  try {
    await launch({
      argv: [found, ...args],
      cwd,
      env,
      claim: join(folder, 'claim'),
      exits: join(folder, 'exit'),
      guard: guardOf(place.folder, plan.replica),
      token: guardToken(plan.release),
      stopWithinMs: config.stopWithin,
      outLog: join(folder, 'out.log'),
      errLog: join(folder, 'err.log'),
    })
    return yes(null)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const what = `replica ${plan.replica} of '${plan.release}' could not be started in ${cwd}: ${why}`
    return no(failure('unclear', 'after-looking', what))
  }
}

function environmentOf(
  config: ProcessesConfig,
  place: StackPlace,
  plan: Plan,
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  env['PORT'] = String(plan.port)
  for (const [name, value] of Object.entries(config.env)) {
    env[name] = fillPlaceholders(value, placeholdersOf(place, plan))
  }
  return {
    ...env,
    GOAROUND_WORKLOAD: place.workload,
    GOAROUND_COMPONENT: place.component,
    GOAROUND_STACK: place.stack,
    GOAROUND_RELEASE: plan.release,
    GOAROUND_REPLICA: String(plan.replica),
    GOAROUND_EFFECT_ID: plan.effectId,
  }
}

function placeholdersOf(place: StackPlace, plan: Plan): Record<string, string> {
  return {
    port: String(plan.port),
    release: plan.release,
    replica: String(plan.replica),
    stack: place.stack,
    workload: place.workload,
    component: place.component,
  }
}
