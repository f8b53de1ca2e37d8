// A shop with one button. Release 2.1 forgets to listen to it.
import { createServer } from 'node:http'

const [port, release] = process.argv.slice(2)
const listens = release === '2.1' ? '' : 'onclick="said.textContent = \'Thank you\'"'
createServer((request, response) => {
  if (request.url === '/version') return response.end(JSON.stringify({ version: release }))
  response.setHeader('content-type', 'text/html')
  response.end(
    `<!doctype html><title>Shop</title><button ${listens}>Buy</button><p role="status" id="said"></p>`,
  )
}).listen(Number(port), '127.0.0.1')
