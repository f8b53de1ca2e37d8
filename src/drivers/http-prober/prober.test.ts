import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { proberContract, SAMPLE_TARGET, smokeOf } from '../../../test/contracts/prober.ts'
import { eventually, isRunning } from '../../../test/support/eventually.ts'
import { openHttpProber } from './prober.ts'

interface Candidate {
  readonly endpoint: string
  readonly requests: { method: string; url: string; headers: object; body: string }[]
  answer: RequestListener
  readonly close: () => Promise<void>
}

async function startCandidate(): Promise<Candidate> {
  const requests: Candidate['requests'] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      requests.push({ method, url, headers, body })
      candidate.answer(request, response)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const candidate: Candidate = {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    answer: (_request, response) => response.end('ok'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return candidate
}

const SAYS = { pass: 'passed', fail: 'failed', error: 'error' } as const
/** What tests leave behind in this file. */
const evidence = join(tmpdir(), `goaround-evidence-${process.pid}`)
afterAll(() => rm(evidence, { recursive: true, force: true }))

let candidate: Candidate

beforeEach(async () => {
  candidate = await startCandidate()
})
afterEach(async () => {
  await candidate.close()
})

proberContract('smoke tests over HTTP', async () => {
  const own = await startCandidate()
  return {
    prober: openHttpProber(evidence),
    smoke: smokeOf({ http: { path: '/health' } }),
    target: { ...SAMPLE_TARGET, endpoint: own.endpoint },
    async makeWell(well) {
      own.answer = (_request, response) => response.writeHead(well ? 200 : 500).end()
    },
    felt: async () => own.requests.length,
    close: own.close,
  }
})

proberContract('smoke tests by command', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goaround-prober-'))
  const ill = join(folder, 'ill')
  return {
    prober: openHttpProber(evidence),
    smoke: smokeOf({ command: ['/bin/sh', '-c', `echo ran >> ${folder}/ran; test ! -e ${ill}`] }),
    target: SAMPLE_TARGET,
    makeWell: (well) => (well ? rm(ill, { force: true }) : writeFile(ill, '')),
    felt: async () => (await readFile(join(folder, 'ran'), 'utf8').catch(() => '')).length / 4,
    close: () => rm(folder, { recursive: true }),
  }
})

function probe(written: object, change: object = {}, signal = AbortSignal.timeout(10_000)) {
  const target = { ...SAMPLE_TARGET, endpoint: candidate.endpoint, ...change }
  return openHttpProber(evidence).probe(smokeOf(written), target, { effectId: 'effect-7', signal })
}

async function sentence(written: object, change: object = {}): Promise<string> {
  const outcome = await probe(written, change)
  if (!outcome.ok) return `failure: ${outcome.problem.detail}`
  return `${SAYS[outcome.value.verdict]}: ${outcome.value.because}`
}

describe('a smoke test over HTTP', () => {
  it('asks the instance exactly as the strategy says', async () => {
    const headers = { 'x-tenant': 'test', 'content-type': 'text/plain' }
    await probe({ http: { method: 'POST', path: '/a?b=c', headers, body: 'grüße', status: 200 } })
    expect(candidate.requests).toMatchObject([
      {
        method: 'POST',
        url: '/a?b=c',
        headers: { ...headers, 'goaround-group': 'canary' },
        body: 'grüße',
      },
    ])
  })

  it.each([
    ['a status', { status: 204 }, 204, '', 'passed'],
    ['another status', {}, 503, '', 'failed'],
    ['a text in the body', { bodyContains: 'ready' }, 200, 'we are ready', 'passed'],
    ['a missing text', { bodyContains: 'ready' }, 200, 'we are not', 'failed'],
    [
      'JSON by paths',
      { json: { 'a.0.b': true, c: null } },
      200,
      '{"a":[{"b":true}],"c":null}',
      'passed',
    ],
    ['other JSON', { json: { 'a.b': 1 } }, 200, '{"a":{"b":"1"}}', 'failed'],
    ['JSON without the path', { json: { 'a.b': 1 } }, 200, '{"a":5}', 'failed'],
    ['a path of the prototype', { json: { 'constructor.name': 'Object' } }, 200, '{}', 'failed'],
    ['no JSON at all', { json: { a: 1 } }, 200, '<html>', 'failed'],
  ])('looks for %s', async (_what, wanted, status, body, expected) => {
    candidate.answer = (_request, response) => response.writeHead(status).end(body)
    expect(await sentence({ http: { path: '/', ...wanted } })).toMatch(
      new RegExp(`^${expected}: GET / of 127`),
    )
  })

  it('says which value was found instead', async () => {
    candidate.answer = (_request, response) => response.end('{"status":{"ready":false}}')
    expect(await sentence({ http: { path: '/', json: { 'status.ready': true } } })).toMatch(
      /answered 200, but 'status.ready' is false, not true$/,
    )
  })

  it('fails a candidate that does not answer in time', async () => {
    candidate.answer = () => undefined
    expect(await sentence({ http: { path: '/', within: '150ms' } })).toMatch(
      /^failed: .* was not complete within 150ms$/,
    )
  })

  it('fails a candidate whose answer never ends', async () => {
    candidate.answer = (_request, response) => response.write('half')
    expect(await sentence({ http: { path: '/', within: '150ms' } })).toMatch(
      /^failed: .*not complete/,
    )
  })

  it('reads a limited part of an endless body', async () => {
    candidate.answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    }
    expect(await sentence({ http: { path: '/', bodyContains: 'y' } })).toMatch(
      /without the text 'y' in the part that was read$/,
    )
  })

  it('fails a candidate that nobody answers for', async () => {
    await candidate.close()
    expect(await sentence({ http: { path: '/' } })).toMatch(/^failed: .*ECONNREFUSED/)
    candidate = await startCandidate()
  })

  it('fails a candidate that hangs up', async () => {
    const rude = createTcpServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => {
      rude.listen(0, '127.0.0.1', () => resolve())
    })
    const address = rude.address()
    const port = address === null || typeof address === 'string' ? 0 : address.port
    expect(
      await sentence({ http: { path: '/' } }, { endpoint: `http://127.0.0.1:${port}` }),
    ).toMatch(/^failed: .*was not answered \(ECONNRESET\)/)
    rude.close()
  })

  it('follows a redirect on the same host', async () => {
    candidate.answer = ({ url }, response) =>
      url === '/' ? response.writeHead(302, { location: '/en' }).end() : response.end('hello')
    expect(await sentence({ http: { path: '/', bodyContains: 'hello' } })).toMatch(/^passed/)
  })

  it('does not follow one to another host, where the candidate is not', async () => {
    const other = await startCandidate()
    candidate.answer = (_request, response) =>
      response.writeHead(302, { location: `${other.endpoint}/?session=s3cret` }).end()
    const said = await sentence({ http: { path: '/' } })
    expect(said).toMatch(/^failed: .*answered 302, not 200 \(it redirects to 127.0.0.1:\d+, which/)
    expect(said).not.toContain('s3cret')
    expect(other.requests).toEqual([])
    await other.close()
  })

  it('does not go round in circles', async () => {
    candidate.answer = (_request, response) => response.writeHead(302, { location: '/' }).end()
    expect(await sentence({ http: { path: '/' } })).toMatch(/^failed: .*answered 302, not 200/)
  })

  it('takes no answer of another release for the candidate', async () => {
    candidate.answer = (_request, response) =>
      response.setHeader('goaround-release', 'v1').end('ok')
    expect(await sentence({ http: { path: '/' } })).toMatch(/as release 'v1', not 'v2'$/)
    expect(await sentence({ http: { path: '/' } }, { release: 'v1' })).toMatch(/^passed/)
  })

  it('cannot be led to another host by its path', async () => {
    const other = await startCandidate()
    const path = other.endpoint.replace('http:', '')
    await sentence({ http: { path } })
    expect(other.requests).toEqual([])
    await other.close()
  })

  it('that has no instance to ask is a failure and says nothing of the candidate', async () => {
    expect(await probe({ http: { path: '/' } }, { endpoint: null })).toMatchObject({
      ok: false,
      problem: { reason: 'not-found', retry: 'safe' },
    })
  })

  it('whose host cannot be looked up is a failure', async () => {
    const endpoint = 'http://no-such-host.invalid'
    expect(await probe({ http: { path: '/' } }, { endpoint })).toMatchObject({
      ok: false,
      problem: { reason: 'unreachable', retry: 'safe' },
    })
  })

  it('that was cut off may have changed something when it was a POST', async () => {
    candidate.answer = () => undefined
    const cut = await probe({ http: { path: '/', method: 'POST' } }, {}, AbortSignal.timeout(150))
    expect(cut).toMatchObject({
      ok: false,
      problem: { reason: 'timed-out', retry: 'after-looking' },
    })
  })
})

describe('a smoke test by command', () => {
  const shell = (text: string, ...args: string[]) => ['/bin/sh', '-c', text, 'sh', ...args]

  it('is told what to test, in arguments and environment', async () => {
    const text =
      'test "$1 $2 $3 $4" = "$GOAROUND_ENDPOINT v2 green canary" && test "$GOAROUND_EFFECT_ID" = effect-7'
    const command = shell(text, '{endpoint}', '{release}', '{stack}', '{group}')
    expect(await sentence({ command })).toBe("passed: command '/bin/sh' exited with 0")
  })

  it('that fails is told with exit code and last words', async () => {
    expect(await sentence({ command: shell('echo one >&2; echo "two" >&2; exit 4') })).toBe(
      "failed: command '/bin/sh' exited with 4: two",
    )
  })

  it('that does not end is ended with everything it started', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'goaround-prober-'))
    const command = shell(`sleep 600 & echo $! > ${folder}/pid; wait`)
    expect(await sentence({ command, timeout: '400ms' })).toMatch(/did not end within 400ms$/)
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
    await eventually(async () => !(await isRunning(pid)))
    await rm(folder, { recursive: true })
  })

  it('that does not exist is a failure of the strategy', async () => {
    const missing = await probe({ command: ['no-such-test'] })
    expect(missing).toMatchObject({
      ok: false,
      problem: { reason: 'misconfigured', retry: 'never' },
    })
    expect(JSON.stringify(missing)).toContain("'no-such-test'")
  })

  it('that needs an endpoint waits until one is known', async () => {
    expect(await probe({ command: ['curl', '{endpoint}'] }, { endpoint: null })).toMatchObject({
      ok: false,
      problem: { reason: 'not-found', retry: 'safe' },
    })
  })
})

describe('a smoke test with both', () => {
  it('passes when both do, and stops at the first that does not', async () => {
    const both = { http: { path: '/' }, command: ['/bin/false'] }
    expect(await sentence(both)).toBe(
      "failed: command '/bin/false' exited with 1: it printed nothing",
    )
    candidate.answer = (_request, response) => response.writeHead(500).end()
    expect(await sentence(both)).toMatch(/^failed: GET/)
  })

  it('that has neither is a failure of the strategy', async () => {
    expect(await probe({})).toMatchObject({ ok: false, problem: { reason: 'misconfigured' } })
  })
})
