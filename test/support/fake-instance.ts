/**
 * A workload for tests of the `processes` driver, run as a process of its own: it answers on its
 * port with its release, and does what the name of its release says.
 */
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port = '0', release = '', diary] = process.argv.slice(2)
if (diary !== undefined) appendFileSync(diary, `start ${process.pid} ${release} ${port}\n`)

if (release.startsWith('crash')) {
  process.stderr.write(`starting\ncannot reach the database with ${process.env['DB_PASSWORD']}\n`)
  process.exit(3)
}
process.on('SIGTERM', () => {
  if (diary !== undefined) appendFileSync(diary, `term ${process.pid} ${release} ${port}\n`)
  if (!release.startsWith('stubborn')) process.exit(0)
})
const server = createServer((request, response) => {
  response.statusCode = release.startsWith('sick') ? 503 : 200
  response.end(JSON.stringify({ release, path: request.url, env: process.env }))
})
server.listen(Number(port), '127.0.0.1')
