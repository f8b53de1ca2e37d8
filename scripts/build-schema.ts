import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strategyJsonSchema } from '../src/core/strategy/json-schema.ts'
import { withReference } from './strategy-reference.ts'

/** `npm run schema`: writes what follows from the strategy's shapes, for editors and for people. */
const ROOT = join(import.meta.dirname, '..')
const schemaFile = join(ROOT, 'schema/goaround.schema.json')
const docsFile = join(ROOT, 'docs/strategy.md')

await mkdir(join(ROOT, 'schema'), { recursive: true })
await writeFile(schemaFile, `${JSON.stringify(strategyJsonSchema(), null, 2)}\n`)
await writeFile(docsFile, withReference(await readFile(docsFile, 'utf8')))
console.log('wrote schema/goaround.schema.json and the lists of docs/strategy.md')
