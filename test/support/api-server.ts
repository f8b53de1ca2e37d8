import { Registry } from 'prom-client'
import type { ZodType } from 'zod'
import { type AnswerOf, ENDPOINTS, type EndpointName } from '../../src/contract/endpoints.ts'
import { openSecrets } from '../../src/drivers/secrets.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { tokenAccess } from '../../src/server/access/access.ts'
import { createServer, type Surroundings } from '../../src/server/app.ts'
import type { ServerParts } from '../../src/server/parts.ts'
import { type FakeControl, fakeControl, memoryStore } from './fake-control.ts'
import { shopRollouts } from './shop-rollout.ts'

/** What the server's environment holds. */
export const SECRETS = {
  HOOK_SECRET: `whsec_${Buffer.from('a secret of some length').toString('base64')}`,
}

/** A test server's parts, with all that it says written down. */
export interface TestParts {
  readonly parts: ServerParts
  readonly fake: FakeControl
  readonly shop: ReturnType<typeof shopRollouts>
  /** Every line that was logged, as JSON. */
  readonly logged: string[]
  /** The first admin token. */
  readonly admin: string
  /** Makes a token with these roles. */
  readonly tokenFor: (name: string, ...roles: readonly string[]) => Promise<string>
}

/** The parts of a real server around a control room whose engine is the test. */
export async function testParts(
  clock: Clock,
  change: Partial<ServerParts> = {},
): Promise<TestParts> {
  const fake = fakeControl(clock, memoryStore())
  const logged: string[] = []
  const write = (fields: Readonly<Record<string, unknown>>, says: string) => {
    logged.push(JSON.stringify({ ...fields, says }))
  }
  const access = tokenAccess({ store: fake.store, clock })
  const admin = await access.firstRun()
  if (admin === null) throw new Error('an empty store gives a first token')
  const parts: ServerParts = {
    control: fake.control,
    store: fake.store,
    access,
    audit: async () => ({ streams: 1, events: 1, problems: [], problemsLeftOut: 0, anchor: null }),
    clock,
    secrets: openSecrets(SECRETS),
    version: '0.0.0-test',
    log: { info: write, error: write },
    metrics: new Registry(),
    ...change,
  }
  return {
    parts,
    fake,
    shop: shopRollouts(fake, clock),
    logged,
    admin,
    async tokenFor(name, ...roles) {
      const root = { name: 'token:admin', roles: ['admin'] }
      const made = await access.create({ name, roles, expiresInDays: null }, root)
      if (!made.ok) throw new Error(made.problem.code)
      return made.value.token
    },
  }
}

/** Reads an answer as the contract promises it; anything else throws. */
export async function answerOf<Name extends EndpointName>(
  name: Name,
  response: Response,
): Promise<AnswerOf<Name>> {
  const shape: ZodType | null = ENDPOINTS[name].answer
  if (shape === null) throw new Error(`${name} answers with a stream`)
  // The schema of this very endpoint vouches for it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return shape.parse(await response.json()) as AnswerOf<Name>
}

/** Sends one request to a server in memory. The body is sent as JSON unless it is a text. */
export type Ask = (
  method: string,
  path: string,
  sent?: {
    readonly body?: unknown
    readonly token?: string | null
    readonly headers?: Readonly<Record<string, string>>
  },
) => Promise<Response>

/** A server in memory, asked as its administrator unless another token is named. */
export async function testServer(
  clock: Clock,
  change: Partial<ServerParts> = {},
  surroundings?: Surroundings,
): Promise<TestParts & { readonly ask: Ask }> {
  const built = await testParts(clock, change)
  const app = createServer(built.parts, surroundings)
  return {
    ...built,
    ask: async (method, path, { body, token = built.admin, headers = {} } = {}) =>
      app.request(path, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  }
}
