import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/** One row of `AppRequests`, as far as the queries of the tests look. */
export interface AppRequest {
  readonly at: number
  readonly version: string
  readonly success: boolean
  readonly ms: number
}

/** A request as it arrived, for what a test wants to see of it. */
export interface Heard {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export const WORKSPACE = 'c0ffee00-0000-4000-8000-000000000001'
export const TENANT = 'example.onmicrosoft.com'
export const CLIENT = 'c0ffee00-0000-4000-8000-000000000002'

const Body = z.strictObject({
  query: z.string().min(1),
  timespan: z.string().regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z\/\d{4}-\d\d-\d\dT[\d:.]+Z$/),
})
const LEG =
  /\(\n([\s\S]*?)\n\| project goaround_key = "([^"]+)", goaround_time = TimeGenerated, goaround_ms = (todouble\(DurationMs\)|real\(null\))\n\)/g
const END =
  /\| extend goaround_bucket = case\(isnull\(goaround_ms\), -1, ([^\n]*), (\d+)\)\n\| summarize goaround_n = count\(\), goaround_newest = max\(goaround_time\) by goaround_key, goaround_bucket, goaround_bin = bin\(goaround_time, 1m\)$/

/**
 * Stands in for the query API of Log Analytics and the token endpoint, which no test can reach. It
 * answers what is documented, in the documented shapes, and refuses everything else; of KQL it
 * understands the queries of this driver over one table, filtered by `AppVersion` and `Success`.
 */
export async function azureMonitorService() {
  const rows: AppRequest[] = []
  const heard: Heard[] = []
  const state = { token: 'token-1', secret: 'hush', trouble: null as null | Answer }
  const server = createServer((request, response) => {
    readAll(request)
      .then((body) => {
        const path = request.url ?? ''
        heard.push({ path, headers: request.headers, body })
        const { status, json, headers = {} } = answerTo(request, path, body)
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(JSON.stringify(json))
      })
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    rows,
    heard,
    state,
    queries: () => heard.filter(({ path }) => path.endsWith('/query')),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }

  function answerTo({ method, headers }: IncomingMessage, path: string, body: string): Answer {
    if (path === `/${TENANT}/oauth2/v2.0/token`) return tokenFor(new URLSearchParams(body))
    if (path.startsWith('/metadata/identity/oauth2/token?')) return identity(path, headers)
    if (path !== `/v1/workspaces/${WORKSPACE}/query` || method !== 'POST')
      return refuse(404, 'PathNotFoundError', 'The requested path does not exist')
    if (headers.authorization !== `Bearer ${state.token}`)
      return refuse(401, 'InvalidTokenError', 'The provided authentication is not valid')
    if (
      headers['content-type'] !== 'application/json' ||
      !/^wait=\d+$/.test(String(headers['prefer']))
    )
      return refuse(400, 'BadArgumentError', 'headers that are not documented')
    if (state.trouble !== null) return state.trouble
    const asked = Body.safeParse(JSON.parse(body))
    if (!asked.success) return refuse(400, 'BadArgumentError', asked.error.message)
    return query(asked.data)
  }

  function tokenFor(form: URLSearchParams): Answer {
    const isRight =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === CLIENT &&
      form.get('scope') === 'https://api.loganalytics.io/.default'
    if (!isRight) return { status: 400, json: { error: 'invalid_request', error_description: '' } }
    if (form.get('client_secret') !== state.secret) {
      const error_description = 'AADSTS7000215: Invalid client secret provided.'
      return { status: 401, json: { error: 'invalid_client', error_description } }
    }
    return {
      status: 200,
      json: { token_type: 'Bearer', expires_in: 3599, access_token: state.token },
    }
  }

  function identity(path: string, headers: IncomingMessage['headers']): Answer {
    const { searchParams } = new URL(path, 'http://machine')
    if (
      headers['metadata'] !== 'true' ||
      searchParams.get('resource') !== 'https://api.loganalytics.io'
    )
      return { status: 400, json: { error: 'invalid_request' } }
    const expires_on = String(Math.floor(Date.now() / 1_000) + 3_600)
    return { status: 200, json: { access_token: state.token, expires_on, token_type: 'Bearer' } }
  }

  function query({ query: text, timespan }: z.output<typeof Body>): Answer {
    const legs = [...text.matchAll(LEG)]
    const end = END.exec(text)
    if (!text.startsWith('union (') || legs.length === 0 || end === null)
      return refuse(400, 'BadArgumentError', 'a query that this table cannot answer')
    if (text.includes('syntax error'))
      return refuse(400, 'BadArgumentError', 'The request had some invalid properties', {
        code: 'SyntaxError',
        message: 'A recognition error occurred in the query.',
      })
    const [from = 0, to = 0] = timespan.split('/').map(Date.parse)
    const edges = [...(end[1] ?? '').matchAll(/goaround_ms <= ([\d.]+), \d+/g)].map(([, e]) =>
      Number(e),
    )
    const counts = new Map<string, { n: number; newest: number }>()
    for (const [, expression = '', key = '', took] of legs) {
      const version = /AppVersion == "([^"]*)"/.exec(expression)?.[1]
      const onlyFailed = expression.includes('Success == false')
      for (const row of rows) {
        if (row.version !== version || (onlyFailed && row.success)) continue
        if (row.at < from || row.at > to) continue
        const above = edges.findIndex((edge) => row.ms <= edge)
        const bucket = took === 'real(null)' ? -1 : above === -1 ? edges.length : above
        const cell = `${key} ${bucket} ${Math.floor(row.at / 60_000) * 60_000}`
        const known = counts.get(cell) ?? { n: 0, newest: 0 }
        counts.set(cell, { n: known.n + 1, newest: Math.max(known.newest, row.at) })
      }
    }
    return { status: 200, json: { tables: [primaryResult(counts)] } }
  }
}

interface Answer {
  readonly status: number
  readonly json: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Counts come as texts, as in the fixtures of the service's own specification. */
function primaryResult(counts: ReadonlyMap<string, { n: number; newest: number }>) {
  const columns = [
    { name: 'goaround_key', type: 'string' },
    { name: 'goaround_bucket', type: 'long' },
    { name: 'goaround_bin', type: 'datetime' },
    { name: 'goaround_n', type: 'long' },
    { name: 'goaround_newest', type: 'datetime' },
  ]
  const rows = [...counts].map(([cell, { n, newest }]) => {
    const [key, bucket, bin] = cell.split(' ')
    return [key, Number(bucket), new Date(Number(bin)).toISOString(), String(n), iso(newest)]
  })
  return { name: 'PrimaryResult', columns, rows }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function refuse(status: number, code: string, message: string, innererror?: unknown): Answer {
  return { status, json: { error: { code, message, ...(innererror ? { innererror } : {}) } } }
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
