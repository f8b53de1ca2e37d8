import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerOf, testServer } from '../../test/support/api-server.ts'
import { arbitraryJson, type JsonSchema } from '../../test/support/arbitrary-json.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { SHOP_STRATEGY } from '../../test/support/shop-strategy.ts'
import { ENDPOINTS, type Endpoint } from '../contract/endpoints.ts'
import { openApi } from '../contract/open-api.ts'

/** So that a failure can be run again; another seed is as good. */
const SEED = 20_261_123
const RUNS = 150
const NO_LIMITS = { looksPerMinute: 1e9, changesPerMinute: 1e9 }

/** Bodies in other systems' formats, which grow fields without asking. */
const FOREIGN = new Set(['takeAlertmanager', 'takeAzureMonitor', 'takeWebhook', 'takeHeartbeat'])
/** Of these no field can be wrong: what they hold is read by expressions, or by nobody. */
const ANYTHING = new Set(['takeWebhook', 'takeHeartbeat'])

interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Record<string, { readonly schema: JsonSchema }> }
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly schema: JsonSchema }> }
  >
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this test is about.
const document = JSON.parse(JSON.stringify(openApi('0.0.0'))) as Document
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
const posts = Object.entries<Endpoint>(ENDPOINTS).filter(([, { body }]) => body !== null)

const ajv = new Ajv2020({ strict: false })
ajv.addSchema({ $id: 'api', ...document })
const validators = new Map(
  Object.keys(document.components.schemas).map((name) => [
    `#/components/schemas/${name}`,
    ajv.compile({ $ref: `api#/components/schemas/${name}` }),
  ]),
)

function operationOf(name: string): Operation {
  const found = operations.find(({ operationId }) => operationId === name)
  if (found === undefined) throw new Error(`the document does not know ${name}`)
  return found
}

function bodySchema(name: string): { readonly ref: string; readonly schema: JsonSchema } {
  const ref = operationOf(name).requestBody?.content['application/json']?.schema.$ref ?? ''
  const schema = document.components.schemas[ref.replace('#/components/schemas/', '')]
  if (schema === undefined) throw new Error(`${name} has no body of its own in the document`)
  return { ref, schema }
}

function isValid(ref: string, value: unknown): boolean {
  const validate = validators.get(ref)
  if (validate === undefined) throw new Error(`nothing is called ${ref}`)
  return validate(value)
}

/** The answer is one that the document promises for its status. */
async function expectPromised(name: string, answer: Response): Promise<void> {
  const { responses } = operationOf(name)
  const isProblem = answer.status >= 400
  const promised = responses[isProblem ? 'default' : String(answer.status)]
  const type = isProblem ? 'application/problem+json' : 'application/json'
  expect(answer.headers.get('content-type')).toContain(type)
  const ref = promised?.content?.[type]?.schema.$ref ?? ''
  const body: unknown = await answer.json()
  expect({ name, status: answer.status, body, promised: isValid(ref, body) }).toMatchObject({
    promised: true,
  })
}

async function server() {
  const built = await testServer(fakeClock(), { limits: NO_LIMITS })
  const id = await built.shop.start()
  await built.shop.fail(id)
  const view = await answerOf('getRollout', await built.ask('GET', `/v1/rollouts/${id}`))
  const hints = {
    strategy: [SHOP_STRATEGY],
    release: ['v2', 'v3'],
    hash: [view.decision?.hash],
    role: ['release-captain'],
    hotfixFor: [id, null],
  }
  const paths = (endpoint: Endpoint) =>
    fc
      .constantFrom(id, 'shop', 'shop-9', '..', 'ä/ö')
      .map((name) => endpoint.path.replaceAll(/\{\w+\}/g, encodeURIComponent(name)))
  return { ...built, hints, paths }
}

describe('the OpenAPI document', () => {
  test('names every endpoint once, and only schemas that are there', () => {
    const names = operations.map(({ operationId }) => operationId).toSorted()
    expect(names).toEqual(Object.keys(ENDPOINTS).toSorted())
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref)
    expect(refs.length).toBeGreaterThan(20)
    for (const ref of refs) expect([...validators.keys()]).toContain(ref)
  })

  test('lets no body of ours hold a field that it does not know', () => {
    for (const [name] of posts.filter(([one]) => !FOREIGN.has(one))) {
      expect({ name, ...bodySchema(name).schema }).toMatchObject({ additionalProperties: false })
    }
  })

  test('is what the server answers, to anybody', async () => {
    const { ask } = await testServer(fakeClock(), { version: '0.0.0' })
    const answer = await ask('GET', '/v1/openapi.json', { token: null })
    expect(await answer.json()).toEqual(document)
  })

  test.each(posts)('%s: what it allows is never a server error', async (name, endpoint) => {
    const { ask, hints, paths } = await server()
    const { schema, ref } = bodySchema(name)
    await fc.assert(
      fc.asyncProperty(paths(endpoint), arbitraryJson(schema, hints), async (path, body) => {
        expect(isValid(ref, body)).toBe(true)
        const answer = await ask('POST', path, { body })
        expect(answer.status).toBeLessThan(500)
        if (!path.includes('..')) await expectPromised(name, answer)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  test.each(posts)(
    '%s: arbitrary JSON is never accepted and never breaks it',
    async (name, endpoint) => {
      const { ask, paths } = await server()
      const { ref } = bodySchema(name)
      await fc.assert(
        fc.asyncProperty(paths(endpoint), fc.jsonValue({ maxDepth: 3 }), async (path, body) => {
          fc.pre(!isValid(ref, body) && !path.includes('..'))
          const answer = await ask('POST', path, { body: JSON.stringify(body) })
          expect({ status: answer.status, body }).toEqual({ status: 400, body })
          await expectPromised(name, answer)
        }),
        { seed: SEED, numRuns: RUNS },
      )
    },
  )

  test.each(posts.filter(([name]) => !ANYTHING.has(name)))(
    '%s: one wrong field is enough to be refused',
    async (name, endpoint) => {
      const { ask, hints } = await server()
      const { schema, ref } = bodySchema(name)
      const path = endpoint.path.replaceAll(/\{\w+\}/g, 'shop-1')
      const fields = [...Object.keys(schema.properties ?? {}), 'unheard-of', '__proto__']
      await fc.assert(
        fc.asyncProperty(
          arbitraryJson(schema, hints),
          fc.constantFrom(...fields),
          fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 })),
          async (body, field, value) => {
            const entries = Object.entries(Object(body)).filter(([key]) => key !== field)
            const wrong = [...entries, ...(value === undefined ? [] : [[field, value]])]
            const text = `{${wrong.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(',')}}`
            fc.pre(!isValid(ref, JSON.parse(text)))
            const answer = await ask('POST', path, { body: text })
            expect({ status: answer.status, text }).toEqual({ status: 400, text })
            await expectPromised(name, answer)
          },
        ),
        { seed: SEED, numRuns: RUNS },
      )
    },
  )

  test.each(
    Object.entries<Endpoint>(ENDPOINTS).filter(
      ([, { method, answer }]) => method === 'get' && answer !== null,
    ),
  )('%s: every answer to a look is as promised', async (name, endpoint) => {
    const { ask, paths } = await server()
    const query = fc.constantFrom('', '?limit=1', '?limit=0', '?limit=x', '?after=zz', '?after=1')
    await fc.assert(
      fc.asyncProperty(paths(endpoint), query, async (path, search) => {
        fc.pre(!path.includes('..'))
        const answer = await ask('GET', path + search)
        expect(answer.status).toBeLessThan(500)
        await expectPromised(name, answer)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })
})
