// Opens the page of the instance under test in a real browser, as a user would, and leaves a
// screenshot behind. goaround fills in the environment: the instance's address, the release, and a
// folder whose files are kept as evidence. Needs `npm i -D playwright-core` and a Chromium.
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/** A page that is not there after this long is not there for users either. */
const PAGE_WITHIN_MS = 10_000

const {
  GOAROUND_ENDPOINT: page,
  GOAROUND_RELEASE: release,
  GOAROUND_RESULTS: results,
} = process.env
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Chromium has no sandbox for root; run the check as another user where you can.
  args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--no-first-run'],
})
try {
  const tab = await browser.newPage()
  const problems = []
  tab.on('pageerror', (error) => problems.push(`the page broke: ${error.message}`))
  const answer = await tab.goto(page, { timeout: PAGE_WITHIN_MS })
  if (!answer?.ok()) problems.push(`the page answered ${answer?.status() ?? 'nothing'}`)
  const buy = tab.getByRole('button', { name: 'Buy' })
  await buy.click({ timeout: PAGE_WITHIN_MS }).catch(() => problems.push('nothing could be bought'))
  const said = await tab
    .getByRole('status')
    .textContent()
    .catch(() => null)
  if (said !== 'Thank you') problems.push(`after buying it says ${JSON.stringify(said)}`)
  await tab.screenshot({ path: join(results, 'shop.png') })
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('; ')}\n`)
    process.exitCode = 1
  } else process.stdout.write(`bought one in ${release}\n`)
} finally {
  await browser.close()
}
