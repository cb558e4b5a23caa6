import { expect, test } from './phone'

// What the desk hangs on its wall, and what the auditor reads of everybody's work.

test('上墙展板：选纸张，点一下，拿到 PDF；内容是此刻的', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')
  await staff.page.getByRole('link', { name: '上墙展板' }).click()
  await expect(staff.page.getByRole('tab', { name: 'A3（上墙）' })).toHaveAttribute('aria-selected', 'true')
  const station = staff.page.getByRole('link').filter({ hasText: '值班表、代表、办理流程和站码' }).first()
  await expect(station).toBeVisible()
  const [first, answer] = await Promise.all([staff.page.waitForEvent('download'), staff.page.waitForResponse(/\/sheet\?paper=a3/), station.click()])
  expect(first.suggestedFilename()).toMatch(/^上墙-.+-A3\.pdf$/)
  expect(await answer.headerValue('content-type')).toBe('application/pdf')
  let size = 0
  for await (const part of await first.createReadStream()) size += (part as { length: number }).length
  expect(size).toBeGreaterThan(50_000)

  await staff.page.getByRole('tab', { name: 'A4' }).click()
  const deputy = staff.page.getByRole('link', { name: '林晓慧' })
  const [second] = await Promise.all([staff.page.waitForEvent('download'), deputy.click()])
  expect(second.suggestedFilename()).toBe('上墙-林晓慧-A4.pdf')
})

test('审计：看得到谁做了什么，按类、按人、按天看，没有人能改', async ({ phone }) => {
  const auditor = await phone('auditor')
  await auditor.open('/sub-office/audit')
  const entries = auditor.page.locator('[aria-expanded]')
  await expect(entries.first()).toBeVisible()
  const all = await entries.count()
  expect(all).toBeGreaterThan(5)

  await auditor.page.getByRole('tab', { name: '反映', exact: true }).click()
  await expect(entries.first()).toContainText('反映')
  await entries.first().click()
  await expect(auditor.page.getByText(/^记录 \d+，(已封存|还没有封存)$/)).toBeVisible()
  const only = auditor.page.getByRole('button', { name: /^只看/ })
  if (await only.count()) {
    const who = ((await only.first().getAttribute('aria-label')) ?? '').replace('只看', '')
    await only.first().click()
    await expect(auditor.page.getByText('只看：')).toBeVisible()
    await expect(entries.first()).toContainText(who)
  }
  await auditor.page.getByRole('button', { name: '看全部' }).click()
  await expect(auditor.page.getByText('只看：')).toHaveCount(0)

  // Nobody else, and nothing to change it with.
  const resident = await phone('resident')
  resident.expectProblem(403)
  await resident.open('/sub-office/audit')
  await expect(resident.page.locator('[aria-expanded]')).toHaveCount(0)
})
