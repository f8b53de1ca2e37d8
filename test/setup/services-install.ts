import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Finds the servers and programs that the tests talk to, and installs those that are missing where that is
 * possible without asking: as root on Debian or Ubuntu. Elsewhere it stops with the one command
 * that installs them. It never lets tests pass by skipping.
 */

interface Needed {
  readonly command: string
  readonly debian: string
  /** Places besides the PATH where Debian keeps it. */
  readonly also: readonly string[]
}

const NEEDED: readonly Needed[] = [
  { command: 'haproxy', debian: 'haproxy', also: ['/usr/sbin/haproxy'] },
  { command: 'prometheus', debian: 'prometheus', also: ['/usr/bin/prometheus'] },
  {
    command: 'prometheus-alertmanager',
    debian: 'prometheus-alertmanager',
    also: ['/usr/bin/prometheus-alertmanager'],
  },
  { command: 'chromium', debian: 'chromium', also: ['/usr/bin/chromium'] },
  { command: 'openssl', debian: 'openssl', also: ['/usr/bin/openssl'] },
  { command: 'curl', debian: 'curl', also: ['/usr/bin/curl'] },
  { command: 'python3', debian: 'python3', also: ['/usr/bin/python3'] },
  { command: 'script', debian: 'bsdutils', also: ['/usr/bin/script'] },
  { command: 'initdb', debian: 'postgresql', also: ['/usr/lib/postgresql/*/bin/initdb'] },
]

/** Another installer may hold the lock for this long before we give up. */
const LOCK_WAIT_SECONDS = 300

const missing = NEEDED.filter((needed) => !isThere(needed))
if (missing.length > 0) install(missing.map(({ debian }) => debian))
const still = NEEDED.filter((needed) => !isThere(needed))
if (still.length > 0) stop(still.map(({ debian }) => debian))

function isThere({ command, also }: Needed): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return (
    folders.some((folder) => existsSync(join(folder, command))) || globSync([...also]).length > 0
  )
}

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) stop(packages)
  console.error(
    `The tests need ${packages.join(', ')}: installing from the distribution's packages …`,
  )
  apt(['update', '-qq'])
  apt(['install', '-y', '-qq', '--no-install-recommends', ...packages])
  console.error(`Installed ${packages.join(', ')}.`)
}

function apt(args: readonly string[]): void {
  const options = ['-o', `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`]
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const ran = spawnSync('apt-get', [...options, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  if (ran.status !== 0) {
    console.error(`apt-get ${args[0]} failed with ${ran.status ?? ran.signal}: see above.`)
    process.exit(1)
  }
}

function stop(packages: readonly string[]): never {
  console.error(
    `The tests talk to real servers, and these are missing: ${packages.join(', ')}.\n` +
      `On Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`,
  )
  process.exit(1)
}
