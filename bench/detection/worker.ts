import { parentPort } from 'node:worker_threads'
import type { Job } from './plan.ts'
import { playJob } from './play-job.ts'

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of threads has none
parentPort?.on('message', (job: Job) => parentPort?.postMessage(playJob(job)))
