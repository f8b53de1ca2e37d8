/** Names that usually hold what nobody may read. */
const SECRET_NAME = /token|secret|passw|credential|key|auth/i

/** goaround's own variables hold its tokens and are for goaround alone. */
const OWN = /^GOAROUND_/

/**
 * The environment of a command that an operator wrote for goaround: what goaround has itself, as
 * `kubectl` and `az` need their settings, without goaround's own, and with what is added.
 */
export function commandEnvironment(
  added: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && !OWN.test(name)) env[name] = value
  }
  return { ...env, ...added }
}

/** Values that must not be quoted from a command's output: those added, and those named as secrets. */
export function hiddenValues(
  added: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const secrets = Object.entries(own).filter(([name]) => SECRET_NAME.test(name))
  return [...Object.values(added), ...secrets.map(([, value]) => value ?? '')]
}
