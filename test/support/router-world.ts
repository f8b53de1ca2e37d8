import { Agent } from 'node:http'
import type { Stack } from '../contracts/router.ts'
import { type HttpService, type Load, type Reply, sendRequest, startLoad } from './http-service.ts'

/** The header by which the tests' users are known. */
export const SUBJECT_HEADER = 'x-user'

/** How often and how long a test looks for something that takes a moment. */
const LOOK_EVERY_MS = 20
const LOOKS_MAX = 400

/** Users in front of a real router, and the real services behind it. */
export interface Users {
  readonly send: (request?: { subject?: string; path?: string }) => Promise<Reply>
  readonly load: (perSecond: number) => Load
  readonly answerWith: (stack: Stack, status: number) => void
  readonly hold: (stack: Stack) => () => void
  readonly crash: (stack: Stack) => Promise<void>
  readonly leave: () => Promise<void>
}

/** Lets users send their requests to a router at a URL, over kept connections as browsers do. */
export function openUsers(
  url: () => string,
  services: Readonly<Record<Stack, readonly HttpService[]>>,
): Users {
  const agent = new Agent({ keepAlive: true })
  const send: Users['send'] = ({ subject, path = '/' } = {}) => {
    // Node sends header text as Latin-1; a browser's UTF-8 bytes are these.
    const bytes = Buffer.from(subject ?? '', 'utf8').toString('latin1')
    const headers: Record<string, string> = subject === undefined ? {} : { [SUBJECT_HEADER]: bytes }
    return sendRequest(url(), { path, headers, agent })
  }
  return {
    send,
    load: (perSecond) => startLoad(perSecond, () => send()),
    answerWith(stack, status) {
      for (const service of services[stack]) service.answer = { ...service.answer, status }
    },
    hold(stack) {
      const releases = services[stack].map((service) => service.hold())
      return () => {
        for (const release of releases) release()
      }
    },
    async crash(stack) {
      await Promise.all(services[stack].map((service) => service.crash()))
    },
    async leave() {
      agent.destroy()
      await Promise.all([...services.blue, ...services.green].map((service) => service.close()))
    },
  }
}

/** Looks again and again, letting real time pass, until it holds. */
export async function eventually(look: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    if (await look()) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  throw new Error('it never came true')
}
