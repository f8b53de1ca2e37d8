import { describe, expect, test } from 'vitest'
import { testServer } from '../../test/support/api-server.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { ENDPOINTS, type Endpoint } from '../contract/endpoints.ts'
import { may } from '../contract/permissions.ts'

const endpoints = Object.entries<Endpoint>(ENDPOINTS)
const ROLES = ['viewer', 'operator', 'on-call', 'admin']

function pathOf({ path }: Endpoint): string {
  return path.replaceAll(/\{\w+\}/g, 'nothing-1')
}

describe('every endpoint', () => {
  test.each(endpoints)('%s answers nobody without a token', async (_name, endpoint) => {
    const { ask } = await testServer(fakeClock())
    const answer = await ask(endpoint.method.toUpperCase(), pathOf(endpoint), { token: null })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  })

  test.each(endpoints)('%s lets in exactly those who may', async (_name, endpoint) => {
    const { ask, tokenFor } = await testServer(fakeClock())
    for (const role of ROLES) {
      const token = await tokenFor(`a-${role}`, role)
      const answer = await ask(endpoint.method.toUpperCase(), pathOf(endpoint), { token })
      const isKeptOut = answer.status === 403
      expect({ role, isKeptOut }).toEqual({ role, isKeptOut: !may([role], endpoint.may) })
    }
  })
})

test('a token is not shown a second time, not even to a repeated request', async () => {
  const { ask } = await testServer(fakeClock())
  const sent = {
    body: { name: 'ci', roles: ['operator'] },
    headers: { 'idempotency-key': 'once' },
  }
  expect((await ask('POST', '/v1/tokens', sent)).status).toBe(201)
  expect((await ask('POST', '/v1/tokens', sent)).status).toBe(409)
})

test("a key means nothing in another caller's hands, nor on another path", async () => {
  const { ask, shop, tokenFor } = await testServer(fakeClock())
  const id = await shop.start()
  const headers = { 'idempotency-key': 'same' }
  const body = { because: 'x' }
  expect((await ask('POST', `/v1/rollouts/${id}/pause`, { body, headers })).status).toBe(200)
  const resumed = await ask('POST', `/v1/rollouts/${id}/resume`, { body, headers })
  expect(await resumed.json()).toMatchObject({ phase: 'preparing' })
  const token = await tokenFor('bob', 'operator')
  const again = await ask('POST', `/v1/rollouts/${id}/pause`, { body, headers, token })
  expect(await again.json()).toMatchObject({ phase: 'paused', paused: { by: 'token:bob' } })
})
