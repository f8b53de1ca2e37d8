import { z } from 'zod'

/** The name of a release as a person types it: `v2`, `2026.11.3`, `sha-1f3c`. Safe as an argument and a label. */
export const ReleaseName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/,
    'expected a release such as "v2" or "1.4.0-rc.1": letters, digits, ".", "_", "+" and "-"',
  )
