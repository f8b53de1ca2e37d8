import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routerContract } from '../../../test/contracts/router.ts'
import { freePort, startHttpService } from '../../../test/support/http-service.ts'
import { eventually, openUsers, SUBJECT_HEADER } from '../../../test/support/router-world.ts'
import { openBuiltinRouter } from './builtin-router.ts'
import { readProcessCard, routerFolder } from './control-protocol.ts'
import { stopBuiltinRouter } from './stop-builtin-router.ts'

routerContract('the built-in router', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'goaround-router-'))
  const listen = `127.0.0.1:${await freePort()}`
  const open = () =>
    openBuiltinRouter({ name: 'shop', listen, subjectHeader: SUBJECT_HEADER, stateDir })
  const services = {
    blue: [await startHttpService('blue'), await startHttpService('blue')],
    green: [await startHttpService('green')],
  }
  const users = openUsers(() => `http://${listen}`, services)
  const router = open()
  return {
    ...users,
    router,
    another: open,
    endpoints: {
      blue: services.blue.map(({ url }) => url),
      green: services.green.map(({ url }) => url),
    },
    knowsSubjects: true,
    eventually,
    async restart() {
      const card = await readProcessCard(routerFolder(stateDir, 'shop'))
      process.kill(card?.pid ?? 0, 'SIGKILL')
    },
    async close() {
      await router.close()
      await stopBuiltinRouter(stateDir, 'shop')
      await users.leave()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
})
