import { createServer } from 'node:http'

/**
 * A server that answers the queries of the `sources` bench in Prometheus' format, in a process of its own, so that
 * only the reading of the answers is measured. Every arm serves 20 requests a second, of which one in a thousand fails.
 */
const LE = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf']
const PER_SECOND = 20
const born = Date.now()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const query = new URLSearchParams(Buffer.concat(chunks).toString()).get('query') ?? ''
    response.setHeader('content-type', 'application/json')
    response.end(answerTo(query))
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'string' ? address : address?.port}\n`)
})

function answerTo(query: string): string {
  const workloads = /workload=~"([^"]*)"/.exec(query)?.[1]?.split('|') ?? []
  const now = Date.now()
  const at = now / 1_000
  const requests = Math.floor(((now - born) / 1_000) * PER_SECOND)
  const series: string[] = []
  for (const workload of workloads) {
    for (const stack of ['blue', 'green']) {
      const labels = `"workload":"${workload}","stack":"${stack}"`
      const add = (more: string, value: string | number) =>
        series.push(`{"metric":{${labels}${more}},"value":[${at},"${value}"]}`)
      const tagged = (part: string, value: string | number) =>
        add(`,"goaround_key":"${part}"`, value)
      if (query.includes('"requests"')) {
        tagged('requests', requests)
        tagged('requests@', at)
        if (query.includes('"errors"')) tagged('errors', Math.floor(requests / 1_000))
      } else if (query.includes('"buckets@"')) {
        for (const [k, le] of LE.entries())
          add(`,"le":"${le}"`, Math.floor((requests * (k + 1)) / LE.length))
        tagged('buckets@', at)
      } else {
        tagged('value', 100 + (requests % 7))
        tagged('value@', at)
      }
    }
  }
  return `{"status":"success","data":{"resultType":"vector","result":[${series.join(',')}]}}`
}
