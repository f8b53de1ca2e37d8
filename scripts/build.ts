import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Compiles src into dist and brings along what is not TypeScript: the migrations. */
const ROOT = join(import.meta.dirname, '..')

rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
const tsc = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
if (tsc.status !== 0) process.exit(tsc.status ?? 1)
for (const file of globSync('**/*.sql', { cwd: join(ROOT, 'src') })) {
  cpSync(join(ROOT, 'src', file), join(ROOT, 'dist', file), { recursive: true })
}
chmodSync(join(ROOT, 'dist/main/goaround.js'), 0o755)
console.error(`Built ${dirname(join(ROOT, 'dist/main'))}.`)
