// A stand-in for your service: `node server.mjs PORT VERSION [CHANCE OF FAILING]`.
import { createServer } from 'node:http'

const [port, version, failing = '0'] = process.argv.slice(2)

const server = createServer((request, response) => {
  // The front page stays well, so that the release passes its smoke test and fails its users.
  const fails = request.url !== '/' && Math.random() < Number(failing)
  response.writeHead(fails ? 500 : 200, { 'content-type': 'text/plain' })
  response.end(fails ? 'sorry\n' : `shop ${version}\n`)
})
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => server.close())
