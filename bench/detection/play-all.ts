import { Worker } from 'node:worker_threads'
import { kindNamed } from './kinds.ts'
import { ORACLE_SPRT } from './peers/oracle-sprt.ts'
import type { Job } from './plan.ts'
import type { Outcome } from './play.ts'
import type { JobOutcomes } from './play-job.ts'
import { besideOracle, type Score, scoreOf } from './score.ts'
import { worldNamed } from './worlds.ts'

/** Plays all jobs on worker threads and scores every detector in every world. `tell` hears how much is done, from 0 to 1. */
export async function playAll(
  jobs: readonly Job[],
  workers: number,
  tell: (done: number) => void,
): Promise<readonly Score[]> {
  const waiting = jobs.map((job, place) => ({ job, place }))
  const found: JobOutcomes[] = []
  const all = jobs.reduce((sum, { rollouts }) => sum + rollouts, 0)
  let done = 0
  const works = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        found[next.place] = await ask(worker, next.job)
        done += next.job.rollouts
        tell(done / all)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: workers }, works))
  return scores(jobs, found)
}

function ask(worker: Worker, job: Job): Promise<JobOutcomes> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', answered)
      worker.off('error', failed)
    }
    const answered = (outcomes: JobOutcomes) => {
      settle()
      resolve(outcomes)
    }
    const failed = (error: unknown) => {
      settle()
      reject(new Error(`a rollout of world '${job.world}' could not be played`, { cause: error }))
    }
    worker.on('message', answered)
    worker.on('error', failed)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of threads has none
    worker.postMessage(job)
  })
}

function scores(jobs: readonly Job[], found: readonly JobOutcomes[]): readonly Score[] {
  const outcomes = new Map<string, Map<string, Outcome[]>>()
  for (const [place, { world }] of jobs.entries()) {
    const inWorld = outcomes.get(world) ?? new Map<string, Outcome[]>()
    outcomes.set(world, inWorld)
    for (const [kind, those] of Object.entries(found[place] ?? {})) {
      inWorld.set(kind, [...(inWorld.get(kind) ?? []), ...those])
    }
  }
  const all = [...outcomes].flatMap(([world, kinds]) =>
    [...kinds].map(([kind, those]) => scoreOf(worldNamed(world), kindNamed(kind), those)),
  )
  return besideOracle(all, ORACLE_SPRT.name)
}
