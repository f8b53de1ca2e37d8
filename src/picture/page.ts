import { sha256Base64 } from '../core/kernel/hash.ts'
import { drawTable, type Table } from './table.ts'
import { FAINT, PAPER, PICTURE_STYLE, TEXT } from './tone.ts'
import { element, text } from './xml.ts'

/** One part of a page, under a heading: sentences, a picture with its data, a table. */
export interface Section {
  readonly heading: string
  readonly sentences?: readonly string[]
  readonly picture?: { readonly svg: string; readonly data: Table }
  readonly table?: Table
}

/** A page of findings that stands alone: one file, nothing from outside, no scripts. */
export interface Page {
  readonly title: string
  /** The one thing to know, in a sentence or two. */
  readonly lead: string
  readonly sections: readonly Section[]
}

const PAGE_STYLE = [
  ':root{color-scheme:light dark}',
  `body{font:16px/1.5 system-ui,sans-serif;max-width:54rem;margin:2rem auto;padding:0 1rem;color:${TEXT.light};background:${PAPER.light}}`,
  'h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}.lead{font-size:1.1rem}',
  'figure{margin:1rem 0}table{border-collapse:collapse;font-size:.875rem;margin:.75rem 0}',
  'caption{text-align:left;padding:.25rem 0}.scroll{overflow-x:auto}',
  `th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid ${FAINT.light}}`,
  'td{font-variant-numeric:tabular-nums}th{font-weight:600}summary{cursor:pointer}',
  `@media (prefers-color-scheme:dark){body{color:${TEXT.dark};background:${PAPER.dark}}th,td{border-color:${FAINT.dark}}}`,
].join('')

/**
 * The content security policy that a page needs, for a header or its own meta element: its two styles by
 * their hashes, and nothing else.
 */
export const PAGE_POLICY = `default-src 'none'; style-src '${hashOf(PAGE_STYLE)}' '${hashOf(PICTURE_STYLE)}'; base-uri 'none'; form-action 'none'`

/** Writes a page as one HTML text. Everything given as text is escaped; `svg` is markup of this folder. */
export function drawPage({ title, lead, sections }: Page): string {
  const head = element(
    'head',
    {},
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY.replaceAll('"', '&quot;')}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    element('title', {}, text(title)),
    element('style', {}, PAGE_STYLE),
  )
  const body = element(
    'main',
    {},
    element('h1', {}, text(title)),
    element('p', { class: 'lead' }, text(lead)),
    ...sections.map(drawSection),
  )
  return `<!doctype html>\n${element('html', { lang: 'en' }, head, element('body', {}, body))}\n`
}

function drawSection({ heading, sentences = [], picture, table }: Section): string {
  return element(
    'section',
    {},
    element('h2', {}, text(heading)),
    ...sentences.map((sentence) => element('p', {}, text(sentence))),
    picture === undefined ? '' : drawPicture(picture.svg, picture.data),
    table === undefined ? '' : scrolling(drawTable(table)),
  )
}

/** A picture, and the same data to open below it. */
function drawPicture(svg: string, data: Table): string {
  const numbers = element(
    'details',
    {},
    '<summary>The data as a table</summary>',
    scrolling(drawTable(data)),
  )
  return element('figure', {}, svg, element('figcaption', {}, numbers))
}

function scrolling(table: string): string {
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'table' },
    table,
  )
}

function hashOf(style: string): string {
  return `sha256-${sha256Base64(style)}`
}
