import { z } from 'zod'
import { Name, SecretRef, Wait } from './quantities.ts'

const Guid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'expected an id such as "6f9619ff-8b86-d011-b42d-00c04fc964ff"',
  )
  .meta({ title: 'id' })

const Url = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .meta({ title: 'URL' })

/** Log Analytics or Application Insights, asked in KQL. */
export const AzureMonitor = z
  .strictObject({
    name: Name.describe('What metrics call this source; `router` is taken.'),
    driver: z.literal('azure-monitor'),
    workspace: Guid.optional().describe(
      'Id of the Log Analytics workspace. Either this or `app`; tables are `AppRequests` and the like.',
    ),
    app: Guid.optional().describe(
      'Id of an Application Insights resource, for its own query API; tables are `requests` and the like.',
    ),
    client: z
      .strictObject({
        tenant: z
          .string()
          .regex(/^[\w.-]{1,200}$/, 'expected the id or the domain of a tenant')
          .describe('Id or domain of the tenant.'),
        id: Guid.describe('Id of the application (client).'),
        secret: SecretRef.describe('Where its secret is found.'),
      })
      .optional()
      .describe('Signs in as an application (OAuth 2.0 client credentials).'),
    identity: z
      .strictObject({
        clientId: Guid.optional().describe(
          'Which user-assigned identity; absent: the one of the machine.',
        ),
      })
      .optional()
      .describe('Signs in as the managed identity of the machine that goaround runs on.'),
    bearer: SecretRef.optional().describe(
      'Where a token is found that somebody else keeps fresh. One of `client`, `identity` and this.',
    ),
    endpoint: Url.optional().describe(
      'Address of the query API, for national clouds. Absent: that of the public cloud.',
    ),
    authority: Url.optional().describe(
      'Address that gives tokens, for national clouds. Absent: that of the public cloud.',
    ),
    every: Wait.prefault('15s').describe(
      'How often the service is asked; it counts requests against a quota, and rows take minutes to arrive anyway.',
    ),
    lag: Wait.prefault('3m').describe(
      'How long rows usually take to arrive. What is older by more than this and `staleAfter` is no data.',
    ),
    timeout: Wait.prefault('8s').describe('How long one query may take.'),
  })
  .describe('Azure Monitor: rows of Log Analytics or Application Insights, counted by KQL.')
