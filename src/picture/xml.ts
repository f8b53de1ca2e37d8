/** What an attribute may be; null leaves it out. */
export type Attribute = string | number | null

/** One element as text. Children are markup already; plain text goes through `text` first. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Attribute>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(
      ([key, value]) => ` ${key}="${typeof value === 'number' ? place(value) : text(value ?? '')}"`,
    )
    .join('')
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join('')}</${name}>`
}

/** Text that can stand anywhere in XML and HTML. Characters that XML 1.0 forbids become a replacement sign. */
export function text(plain: string): string {
  return plain
    .replace(FORBIDDEN, '\u{FFFD}')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** A coordinate, to a tenth of a pixel: finer is invisible and makes files large. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** Control characters other than tab and line ends, lone surrogates, and two that are no characters (XML 1.0 §2.2). */
const FORBIDDEN =
  // oxlint-disable-next-line no-control-regex -- these very characters are what must not pass
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
