// A service for tests: it says which release it is, as its name tells. `NAME-broken` answers its
// page with 500, and `NAME-as-OTHER` says that it is OTHER.
import { createServer } from 'node:http'

const [port, release] = process.argv.slice(2)
const version = /-as-(.+)$/.exec(release)?.[1] ?? release
createServer((request, response) => {
  const isBroken = release.endsWith('-broken') && request.url === '/'
  response.writeHead(isBroken ? 500 : 200)
  response.end(request.url === '/version' ? JSON.stringify({ build: { version } }) : 'well')
}).listen(Number(port), '127.0.0.1')
