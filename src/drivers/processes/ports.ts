import { createServer, type Server } from 'node:net'
import { codeOf } from '../support/durable-file.ts'

/** Ports that the system hands out; a few tries find one that is not spoken for. */
const TRIES_MAX = 50

/** Why a port cannot be listened on: `EADDRINUSE`, `EACCES`; null when it can. */
export async function portProblem(port: number): Promise<string | null> {
  try {
    const server = await listen(port)
    await close(server)
    return null
  } catch (error) {
    return codeOf(error) ?? 'unknown error'
  }
}

/** A port that nobody listens on and that is not in `taken`; null when the system has none left. */
export async function freePort(taken: ReadonlySet<number>): Promise<number | null> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const server = await listen(0).catch(() => null)
    if (server === null) return null
    const address = server.address()
    await close(server)
    if (typeof address === 'object' && address !== null && !taken.has(address.port)) {
      return address.port
    }
  }
  return null
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, exclusive: true }, () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
