/**
 * Stands for an operator's deployment tool: `deploy`, `scale`, `undo` and `state` for stacks that
 * are JSON files in a folder. Every change is a line in `diary`. The release's name says what goes wrong.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '', verb = '', stack = '', release = '', replicas = '0'] = process.argv.slice(2)
const file = join(folder, `${stack}.json`)

if (verb === 'state') {
  const garbage = join(folder, 'garbage')
  const nothing = JSON.stringify({ release: null, replicas: 0, ready: 0, endpoints: [] })
  process.stdout.write(readFileSync(existsSync(garbage) ? garbage : '/dev/null', 'utf8'))
  process.stdout.write(existsSync(file) ? readFileSync(file, 'utf8') : nothing)
  process.exit(0)
}

const effect = process.env['GOAROUND_EFFECT_ID']
appendFileSync(
  join(folder, 'diary'),
  `begin ${verb} ${release} ${replicas} ${effect} ${process.pid}\n`,
)
if (release.startsWith('failing')) {
  process.stderr.write(
    `contacting the cluster\nno quota for ${process.env['CLUSTER_PASSWORD']}\n\n`,
  )
  process.exit(7)
}
if (release.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 700))
if (release.startsWith('hanging')) {
  process.on('SIGTERM', () => undefined)
  await new Promise((resolve) => setTimeout(resolve, 600_000))
}
if (verb === 'undo') rmSync(file)
else {
  const count = Number(replicas)
  const endpoints = Array.from({ length: count }, (_, i) => `http://${stack}-${i}.test:8080`)
  writeFileSync(file, JSON.stringify({ release, replicas: count, ready: count, endpoints }))
}
appendFileSync(
  join(folder, 'diary'),
  `end ${verb} ${release} ${replicas} ${effect} ${process.pid}\n`,
)
