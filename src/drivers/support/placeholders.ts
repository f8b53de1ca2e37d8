/**
 * Fills `{name}` into a text. Braces around any other word stay as they are, so that JSON and
 * templates of other tools can stand in the same argument.
 */
export function fillPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
}
