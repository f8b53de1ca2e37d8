import { routerContract } from '../../../test/contracts/router.ts'
import { startHaproxy } from '../../../test/support/haproxy.ts'
import { freePort, startHttpService } from '../../../test/support/http-service.ts'
import { eventually, openUsers } from '../../../test/support/router-world.ts'
import { openHaproxy } from './haproxy.ts'

routerContract('HAProxy', async () => {
  const services = {
    blue: [await startHttpService('blue'), await startHttpService('blue')],
    green: [await startHttpService('green')],
  }
  const servers = { blue: ['b1', 'b2'], green: ['g1'] }
  const log = `127.0.0.1:${await freePort()}`
  const haproxy = await startHaproxy({
    log,
    servers: [
      { name: 'b1', port: services.blue[0]?.port ?? 0, weight: 100 },
      { name: 'b2', port: services.blue[1]?.port ?? 0, weight: 100 },
      { name: 'g1', port: services.green[0]?.port ?? 0, weight: 100 },
    ],
  })
  const { socket, backend } = haproxy
  const users = openUsers(() => haproxy.url, services)
  const router = openHaproxy({ driver: 'haproxy', socket, backend, servers, log })
  return {
    ...users,
    router,
    another: () => openHaproxy({ driver: 'haproxy', socket, backend, servers }),
    endpoints: { blue: [], green: [] },
    knowsSubjects: false,
    eventually,
    restart: haproxy.reload,
    async close() {
      await router.close()
      await haproxy.stop()
      await users.leave()
    },
  }
})
