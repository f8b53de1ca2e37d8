import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** A workload that writes a line into a diary whenever it is started, so that a doubled start is seen. */
const [port = '0', release = '', stack = '', diary = ''] = process.argv.slice(2)
appendFileSync(diary, `${release} ${stack} ${port}\n`)
createServer((request, response) => {
  const isBad = release.startsWith('bad') && request.url !== '/healthz'
  response.writeHead(isBad ? 500 : 200).end(release)
}).listen(Number(port), '127.0.0.1')
