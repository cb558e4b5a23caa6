import { api, button, expect, test, type Phone } from './phone'

// A desktop is let in by a phone: a code, who asks, yes, the workbench, and out again from the phone.

test.use({ viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false })

const onlyPhone = { width: 390, height: 844 }

/** As a scan does: the page opens afresh, also when it stood there before. */
async function arrive(who: Phone, address: string) {
  await who.open(address)
  await who.page.reload({ waitUntil: 'networkidle' })
}

/** Holds the phone’s camera before the code that was drawn last. */
async function scan(who: Phone) {
  const { codes } = (await (await who.page.request.get('/sim/codes')).json()) as { codes: { page: string; scene: string }[] }
  const code = codes[0]
  expect(code?.page).toBe('pages/me/desktop')
  await arrive(who, `/${code?.page}?scene=${encodeURIComponent(code?.scene ?? '')}`)
  return code?.scene ?? ''
}

test('a desktop signs in by a phone: refused, then let in, back to the page that was wanted, ended from the phone', async ({ phone }) => {
  const desktop = await phone('desktop')
  const staff = await phone('staff')
  await staff.page.setViewportSize(onlyPhone)

  await desktop.open('/sub-records/statistics')
  await expect(desktop.page.getByText('用微信扫码登录')).toBeVisible()
  await expect(desktop.page.getByRole('img', { name: '登录用的小程序码' })).toBeVisible()
  await expect(desktop.page.getByText(/还有 \d+ 秒，到时自动换新的/)).toBeVisible()
  await desktop.page.screenshot({ path: 'test-results/desktop-code.png' })

  await scan(staff)
  await expect(staff.page.getByText('在这台电脑上登录？')).toBeVisible()
  await expect(staff.page.getByText('Chrome · Linux')).toBeVisible()
  await expect(staff.page.getByText(/只在您自己正要登录时确认/)).toBeVisible()
  await expect(desktop.page.getByText('已经扫到')).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/desktop-asked.png', fullPage: true })
  await button(staff, '不是我，拒绝').click()
  await expect(staff.page.getByText('已经拒绝，那台电脑没有登录。')).toBeVisible()
  await expect(desktop.page.getByText('手机上拒绝了')).toBeVisible()
  await desktop.page.screenshot({ path: 'test-results/desktop-refused.png' })

  await desktop.page.getByRole('button', { name: '换一个新的码' }).click()
  await expect(desktop.page.getByRole('img', { name: '登录用的小程序码' })).toBeVisible()
  const used = await scan(staff)
  await button(staff, '是我，登录').click()
  await expect(staff.page.getByText('已经确认。请看电脑')).toBeVisible()
  await expect(desktop.page.getByText('统计', { exact: true }).first()).toBeVisible()
  await expect(desktop.page).toHaveURL(/sub-records\/statistics/)
  // No script of the page can read what lets it in.
  expect(await desktop.page.evaluate(() => document.cookie)).toBe('')
  expect(await desktop.page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(/[A-Za-z0-9_-]{43}/)
  await desktop.open('/sub-staff/desk')
  await desktop.page.reload()
  await expect(desktop.page.getByText(/等我处理|今天/).first()).toBeVisible()
  await desktop.page.screenshot({ path: 'test-results/desktop-desk.png' })

  // The same code opens nothing more; the phone sees the desktop and ends it.
  staff.expectProblem(409)
  await arrive(staff, `/pages/me/desktop?scene=${encodeURIComponent(used)}`)
  await expect(staff.page.getByText('这个码已经用过了。')).toBeVisible()
  await arrive(staff, '/pages/me/desktop')
  await expect(staff.page.getByText('电脑 · Chrome · Linux')).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/desktop-listed.png', fullPage: true })
  await staff.page.getByRole('button', { name: '退出 电脑 · Chrome · Linux' }).first().click()
  await expect(staff.page.getByText('没有电脑登录着')).toBeVisible()
  desktop.expectProblem(401)
  await desktop.page.reload()
  await expect(desktop.page.getByText('用微信扫码登录')).toBeVisible()

  // Who has no working role is told so, on the phone and on the desktop; the code waits for who has one.
  const resident = await phone('resident')
  await resident.page.setViewportSize(onlyPhone)
  resident.expectProblem(403)
  await expect(desktop.page.getByText(/还有 \d+ 秒/)).toBeVisible()
  await scan(resident)
  await expect(resident.page.getByText(/您还没有工作身份/)).toBeVisible()
  await expect(desktop.page.getByText('扫码的人没有工作身份')).toBeVisible()
  await expect(desktop.page.getByText(/还有 \d+ 秒/)).toBeVisible()
  await desktop.page.screenshot({ path: 'test-results/desktop-unfit.png' })
  await scan(staff)
  await expect(staff.page.getByText('在这台电脑上登录？')).toBeVisible()
  await expect(desktop.page.getByText('已经扫到')).toBeVisible()
})

test('on a desktop a matter opens beside its list, is worked on there, and the list follows; narrower, it opens on its own page', async ({ phone }) => {
  const resident = await phone('demo-31')
  await resident.open('/pages/report/mine')
  const categories = (await api<{ items: { id: number; name: string }[] }>(resident, 'demo-31', 'GET', '/categories')).body.items
  const made = await api<{ id: number; number: string }>(resident, 'demo-31', 'POST', '/reports', { categoryId: categories.find((c) => c.name === '其他')?.id, body: '凉亭的灯罩松了，风一吹就响', place: { text: '凉亭' } })
  expect(made.status).toBe(201)
  const { id, number } = made.body

  const staff = await phone('staff')
  await staff.open('/sub-staff/reports?view=waiting')
  const card = staff.page.locator(`[data-number="${number}"]`)
  const side = staff.page.locator('.page__side')
  await expect(side.getByText('点左边的一件')).toBeVisible()
  await card.getByRole('link').click()
  await expect(side.getByText('凉亭的灯罩松了，风一吹就响')).toBeVisible()
  await expect(staff.page).toHaveURL(/sub-staff\/reports/)
  await expect(card.getByRole('link')).toHaveAttribute('aria-current', 'true')
  const [left, right] = await Promise.all([card.boundingBox(), side.boundingBox()])
  expect((left?.x ?? 0) + (left?.width ?? 0)).toBeLessThanOrEqual(right?.x ?? 0)
  await staff.page.screenshot({ path: 'test-results/desktop-panes.png' })

  // Worked on beside the list, which shows it as it is now.
  await side.getByRole('button', { name: '受理', exact: true }).click()
  await expect(side.getByText('已受理', { exact: true }).first()).toBeVisible()
  await expect(card.getByText('已受理', { exact: true })).toBeVisible()
  await side.getByRole('button', { name: '关上这一件' }).click()
  await expect(side.getByText('点左边的一件')).toBeVisible()

  await staff.page.setViewportSize(onlyPhone)
  await expect(side.getByText('点左边的一件')).toBeHidden()
  await card.getByRole('link').click()
  await expect(staff.page).toHaveURL(new RegExp(`report/detail\\?id=${id}`))

  // Nothing needs sideways scrolling on a small desktop.
  await staff.page.setViewportSize({ width: 1024, height: 768 })
  for (const address of ['/sub-staff/desk', '/sub-staff/day', '/sub-staff/sheets']) {
    await arrive(staff, address)
    expect(await staff.page.evaluate(() => document.documentElement.scrollWidth), address).toBeLessThanOrEqual(1024)
  }
})
