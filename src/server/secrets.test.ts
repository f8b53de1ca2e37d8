import { expect, test } from 'vitest'
import { type Ask, answerOf, testServer } from '../../test/support/api-server.ts'
import { fakeClock } from '../../test/support/fake-clock.ts'
import { expectNoSecret } from '../../test/support/no-secret.ts'
import { SHOP_STRATEGY } from '../../test/support/shop-strategy.ts'

/** What a careless strategy says literally. */
const CARELESS = SHOP_STRATEGY.replace(
  'state: [state, web]',
  "state: [state, web]\n        env: { PASSWORD: 'correct-horse-battery' }",
).replace(
  'minExposure: 100',
  "minExposure: 100\n      smoke: [{ name: home, http: { path: /, headers: { authorization: 'Bearer tr0ub4dor' } } }]",
)

test('no answer and no line of the log holds a token or what a strategy says literally', async () => {
  const clock = fakeClock()
  const { ask, fake, shop, logged, admin, tokenFor } = await testServer(clock)
  const viewer = await tokenFor('viewer', 'viewer')
  const said: string[] = []
  const listen: Ask = async (method, path, sent) => {
    const answer = await ask(method, path, sent)
    said.push(await answer.clone().text(), JSON.stringify([...answer.headers]))
    return answer
  }

  const body = { strategy: CARELESS, release: 'v2' }
  const { id } = await answerOf('startRollout', await listen('POST', '/v1/rollouts', { body }))
  await shop.fail(id)
  const gets = ['', '/events', '/timeline'].map((rest) => `/v1/rollouts/${id}${rest}`)
  for (const path of [...gets, '/v1/rollouts', '/v1/workloads/shop', '/v1/tokens', '/metrics']) {
    await listen('GET', path)
    await listen('GET', path, { token: viewer })
    await listen('GET', path, { token: 'goa_wrong-but-somebodys' })
  }
  await listen('POST', '/v1/lint', { body: { strategy: CARELESS.replace('5%', '500%') } })
  await listen('POST', '/v1/tokens', { token: viewer, body: { name: 'x', roles: ['admin'] } })
  const made = await answerOf(
    'createToken',
    await ask('POST', '/v1/tokens', { body: { name: 'ci', roles: ['operator'] } }),
  )
  expect((await listen('DELETE', '/v1/tokens/ci')).status).toBe(200)

  expect(said.length).toBeGreaterThan(40)
  const secrets = [
    admin,
    viewer,
    made.token,
    'goa_wrong-but-somebodys',
    'correct-horse-battery',
    'tr0ub4dor',
  ]
  expectNoSecret([...said, ...logged], secrets)
  const hashes = (await fake.store.read('access/tokens')).map(({ data }) => Object(data).hash)
  expectNoSecret(
    [...said, ...logged],
    hashes.filter((hash) => typeof hash === 'string'),
  )
})
