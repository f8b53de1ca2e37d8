import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { proberContract, SAMPLE_TARGET, smokeOf } from '../../../test/contracts/prober.ts'
import { eventually, isRunning } from '../../../test/support/eventually.ts'
import { VersionProof } from '../../core/strategy/connections.ts'
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
    expect(await sentence({ http: { path: '/' } })).toMatch(/^error: .*as release 'v1', not 'v2'$/)
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

describe('a test whose results are read', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goaround-junit-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const CASES = {
    good: '<testsuite><testcase name="pays"/><testcase name="old"><skipped/></testcase></testsuite>',
    bad: '<testsuite><testcase classname="cart" name="adds"><failure message="no"/></testcase><testcase name="pays"/></testsuite>',
    empty: '<testsuites/>',
    skipped: '<testsuite><testcase name="pays"><skipped/></testcase></testsuite>',
  } as const
  const writes = (
    what: keyof typeof CASES,
    then = 'exit 0',
    file = '"$GOAROUND_RESULTS/r.xml"',
  ) => ['/bin/sh', '-c', `printf '%s' '${CASES[what]}' > ${file}; ${then}`]
  const junit = (command: readonly string[], results?: string) =>
    sentence({ junit: { command, ...(results === undefined ? {} : { results }) } })

  it('passes when tests ran and none failed, and says how many', async () => {
    expect(await junit(writes('good'))).toBe('passed: 1 of 1 tests passed (1 skipped)')
  })

  it('keeps results and screenshots as evidence', async () => {
    const command = writes('good', 'echo png > "$GOAROUND_RESULTS/home.png"')
    const outcome = await probe({ junit: { command } })
    const { artefacts, counts } = outcome.ok ? outcome.value : { artefacts: [], counts: null }
    expect(artefacts.map((path) => path.split('/').at(-1))).toEqual(['home.png', 'r.xml'])
    expect(await readFile(artefacts[0] ?? '', 'utf8')).toBe('png\n')
    expect(counts).toEqual({ tests: 2, failures: 0, errors: 0, skipped: 1 })
  })

  it('names what failed, whatever the exit code says', async () => {
    expect(await junit(writes('bad', 'exit 1'))).toBe(
      "failed: 1 of 2 tests failed: 'cart › adds' (no)",
    )
    expect(await junit(writes('bad', 'exit 0'))).toMatch(/^failed: 1 of 2/)
  })

  it.each([
    ['no test ran', writes('empty'), undefined, /^error: no test ran; command .* exited with 0/],
    ['all were skipped', writes('skipped'), undefined, /^error: no test, for all 1 were skipped/],
    [
      'there are no results',
      ['/bin/sh', '-c', 'echo no config >&2; exit 2'],
      undefined,
      /^error: there are no results at .*exited with 2: no config/,
    ],
    [
      'the runner disagrees',
      writes('good', 'exit 3'),
      undefined,
      /^error: 1 of 1 tests passed.*, but command .* exited with 3: the two do not agree/,
    ],
    [
      'the results are cut off',
      ['/bin/sh', '-c', 'echo "<testsuite>" > "$GOAROUND_RESULTS/r.xml"'],
      undefined,
      /^error: .*r.xml is not JUnit XML/,
    ],
  ])('is an error and never a pass when %s', async (_why, command, results, says) => {
    expect(await junit(command, results)).toMatch(says)
  })

  it('refuses results from before the run, and takes them once they are written anew', async () => {
    const file = join(folder, 'r.xml')
    await writeFile(file, CASES.good)
    expect(await junit(['/bin/true'], file)).toMatch(/^error: .*r.xml are from before this run/)
    expect(await junit(writes('good', 'exit 0', file), file)).toMatch(/^passed/)
    const copied = join(folder, 'copied.xml')
    await utimes(file, 1_000, 1_000)
    expect(await junit(['/bin/cp', '-p', file, copied], copied)).toMatch(/from before this run/)
  })

  it('tells what a long test says while it goes on', async () => {
    const said: string[] = []
    const text = 'echo 10 % done; sleep 0.7; echo 90 % done; sleep 0.7'
    const smoke = smokeOf({ command: ['/bin/sh', '-c', text] })
    const ask = { effectId: 'e', signal: AbortSignal.timeout(10_000) }
    await openHttpProber(evidence).probe(smoke, SAMPLE_TARGET, ask, (says) => said.push(says))
    expect(said).toEqual(['10 % done', '90 % done'])
  })

  it('is ended with all it started when the rollout halts', async () => {
    const halting = new AbortController()
    const text = `sleep 600 & echo $! > ${folder}/pid; wait`
    const smoke = smokeOf({ command: ['/bin/sh', '-c', text], timeout: '10m' })
    const ask = { effectId: 'e', signal: halting.signal }
    const running = openHttpProber(evidence).probe(smoke, SAMPLE_TARGET, ask)
    const pid = async () => Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => '0'))
    await eventually(async () => (await pid()) > 0)
    halting.abort()
    expect(await running).toMatchObject({ ok: false, problem: { reason: 'timed-out' } })
    const child = await pid()
    await eventually(async () => !(await isRunning(child)))
  })
})

describe('the proof of a version', () => {
  const prove = (written: object, endpoints = [candidate.endpoint]) => {
    const version = VersionProof.parse({ path: '/version', ...written })
    const target = { release: 'v2', stack: 'green', endpoints }
    return openHttpProber(evidence).prove(version, target, AbortSignal.timeout(5_000))
  }
  const says = (body: string, headers: Record<string, string> = {}, status = 200) => {
    candidate.answer = (_request, response) => response.writeHead(status, headers).end(body)
  }

  it.each([
    ['a field', { json: 'build.version' }, '{"build":{"version":"v2"}}', {}],
    ['a header', { header: 'X-Release' }, '', { 'x-release': 'v2' }],
    ['the whole body', {}, 'v2\n', {}],
    ['another writing of it', { equals: 'shop-{release}' }, 'shop-v2', {}],
  ])('is read from %s', async (_what, written, body, headers) => {
    says(body, headers)
    expect(await prove(written)).toMatchObject({ ok: true })
  })

  it('names both versions when another release answers, on any of the instances', async () => {
    const other = await startCandidate()
    other.answer = (_request, response) => response.end('v1')
    says('v2')
    expect(await prove({}, [candidate.endpoint, other.endpoint])).toMatchObject({
      ok: false,
      problem: {
        retry: 'safe',
        detail: expect.stringMatching(
          /release under test is 'v2', and GET \/version of .* says 'v1'$/,
        ),
      },
    })
    await other.close()
  })

  it.each([
    ['an error', '', 500, /answers 500 instead of a version/],
    ['no such field', '{"other":1}', 200, /says no version$/],
    ['no JSON', '<html>', 200, /says no version$/],
  ])('fails on %s', async (_what, body, status, why) => {
    says(body, {}, status)
    expect(await prove({ json: 'version' })).toMatchObject({
      ok: false,
      problem: { detail: expect.stringMatching(why) },
    })
  })

  it('fails when nobody answers', async () => {
    const gone = await startCandidate()
    await gone.close()
    expect(await prove({}, [gone.endpoint])).toMatchObject({
      ok: false,
      problem: { reason: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') },
    })
  })
})
