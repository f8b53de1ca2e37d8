import { type Command, InvalidArgumentError } from 'commander'
import type { TokenView } from '../../contract/token-view.ts'
import { sayDay } from '../draw/numbers.ts'
import { done } from '../outcome.ts'
import type { Run } from '../run.ts'
import { writeTokenFile } from '../token-file.ts'

interface CreateOptions {
  readonly role: readonly string[]
  readonly expiresInDays?: number
  readonly save?: boolean
}

/** Creates, lists and revokes the tokens with which people and programs speak to the server. */
export function addToken(program: Command, run: Run): void {
  const token = program.command('token').description('Say who may speak to the server.')
  addCreate(token, run)
  addList(token, run)
  addRevoke(token, run)
}

function addCreate(token: Command, run: Run): void {
  const command = token
    .command('create')
    .description('Create a token. It is shown once, here and now.')
    .argument('<name>', 'whose it is, such as "ci" or "alice"')
    .requiredOption(
      '--role <role...>',
      'viewer, operator, admin, or any role that a strategy asks approvals of',
    )
    .option('--expires-in-days <days>', 'until when it opens anything; for ever when absent', days)
    .option('--save', "keep it as this person's own token instead of showing it")
  run<CreateOptions>(command, async (session, { args: [name = ''], options }) => {
    const client = await session.client()
    if (!client.ok) return client
    const { role, expiresInDays = null } = options
    const body = { name, roles: [...role], expiresInDays }
    const created = await client.value.call('createToken', { body })
    if (!created.ok) return created
    if (options.save !== true) return done(created.value, [created.value.token])
    const path = await writeTokenFile(session.io.env, created.value.token)
    const { token: _, ...rest } = created.value
    return done({ ...rest, path }, [`kept in ${path}`])
  })
}

function addList(token: Command, run: Run): void {
  const command = token.command('list').description('List all tokens, without their secrets.')
  run(command, async (session) => {
    const client = await session.client()
    if (!client.ok) return client
    const tokens = await client.value.call('listTokens')
    if (!tokens.ok) return tokens
    const now = session.io.clock.now()
    return done(
      tokens.value,
      tokens.value.items.map((one) => sayToken(one, now)),
    )
  })
}

function addRevoke(token: Command, run: Run): void {
  const command = token
    .command('revoke')
    .description('Refuse a token from now on.')
    .argument('<name>', 'which token')
  run(command, async (session, { args: [name = ''] }) => {
    const client = await session.client()
    if (!client.ok) return client
    const revoked = await client.value.call('revokeToken', { params: { name } })
    return revoked.ok ? done(revoked.value, [`${name} is refused from now on`]) : revoked
  })
}

function sayToken({ name, roles, expiresAt, revokedAt }: TokenView, now: number): string {
  const state =
    revokedAt !== null
      ? `revoked on ${sayDay(revokedAt)}`
      : expiresAt === null
        ? 'until it is revoked'
        : `${expiresAt <= now ? 'ran out' : 'runs out'} on ${sayDay(expiresAt)}`
  return `${name}  ${roles.join(', ')}  ${state}`
}

function days(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('expected a whole number of days')
}
