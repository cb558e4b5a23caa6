import { api, button, expect, field, tapUntil, test } from './phone'

// The desk's records: numbers that open their rows, one box, notes of shifts, ledgers; a liaison officer without a network.

const mark = String(Date.now() % 100000)

test('a visit without a network: kept on the phone, sent once when it is back, reported in one tap', async ({ phone }) => {
  const liaison = await phone('liaison')
  await liaison.open('/sub-records/visits')
  await expect(liaison.page.getByText('书香社区').first()).toBeVisible()
  await button(liaison, '记一次走访').click()
  await expect(liaison.page.getByRole('radio', { name: '书香社区' })).toBeVisible()

  // What would name a resident is pointed out before it is kept.
  await liaison.page.getByRole('radio', { name: '书香社区' }).click()
  await field(liaison, '在哪里').fill('9 号楼前')
  await liaison.page.getByRole('radio', { name: '楼栋居民' }).click()
  await field(liaison, '听到了什么').fill(`健身器材松了 ${mark}，电话 13800138000`)
  await button(liaison, '保存').click()
  await expect(liaison.page.getByText('走访记录不写居民的电话和证件号')).toBeVisible()
  await field(liaison, '听到了什么').fill(`健身器材松了 ${mark}`)

  await liaison.page.context().setOffline(true)
  liaison.expectProblem(0)
  await tapUntil(button(liaison, '保存'), liaison.page.getByText('存在手机里', { exact: true }).locator('visible=true'))
  await liaison.page.waitForTimeout(300)
  await liaison.page.context().setOffline(false)
  await expect(liaison.page.getByText('存在手机里', { exact: true }).locator('visible=true')).toHaveCount(0, { timeout: 30_000 })
  await expect(liaison.page.getByText(`健身器材松了 ${mark}`).locator('visible=true')).toHaveCount(1)

  await liaison.page.getByRole('button', { name: /^反映这件事/ }).locator('visible=true').first().click()
  await expect(field(liaison, '是什么问题')).toHaveValue(`健身器材松了 ${mark}`)

  // The desk finds it in its ledger, and sets it right by a row of its own.
  const staff = await phone('staff')
  await staff.open('/sub-records/ledger?kind=visits')
  await staff.page.getByText('书香社区 · 楼栋居民').first().click()
  await expect(staff.page.getByText(`健身器材松了 ${mark}`)).toBeVisible()
  await staff.page.getByRole('button', { name: /^更正/ }).locator('visible=true').first().click()
  await field(staff, '正确的是').fill(`在 8 号楼前 ${mark}`)
  await field(staff, '为什么更正').fill('楼号记错了')
  await button(staff, '记下更正').click()
  await expect(staff.page.getByText(`更正：在 8 号楼前 ${mark}`)).toBeVisible()
  await expect(staff.page.getByText(`健身器材松了 ${mark}`)).toBeVisible()
})

test('statistics: every number opens its rows', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-records/statistics')
  const received = staff.page.getByRole('link', { name: /^合计收到 \d+ 件$/ })
  const count = Number(/\d+/.exec((await received.getAttribute('aria-label')) ?? '')?.[0])
  expect(count).toBeGreaterThan(0)
  await received.click()
  await expect(staff.page.locator('.matter').first()).toBeVisible()
  for (let shown = await staff.page.locator('.matter').count(); shown < count; shown = await staff.page.locator('.matter').count()) {
    await tapUntil(button(staff, '看更多'), staff.page.locator('.matter').nth(shown))
  }
  expect(await staff.page.locator('.matter').count()).toBe(count)
  await staff.open('/sub-records/statistics')
  await staff.page.getByRole('tab', { name: '按代表' }).click()
  await expect(staff.page.getByText(/还没有记录的代表$/)).toBeVisible()
  await staff.page.getByRole('tab', { name: '没人接的' }).click()
  await expect(staff.page.getByText('预约没有人答复，过了时间')).toBeVisible()
})

test('one box finds a name, a number and words; a note of a shift is read by the next', async ({ phone }) => {
  const staff = await phone('staff-02')
  await staff.open('/sub-records/handovers')
  await field(staff, '给下一班留言').fill(`白板借给了会议室 ${mark}`)
  await button(staff, '交班').click()
  await expect(staff.page.getByText(`白板借给了会议室 ${mark}`).locator('visible=true').first()).toBeVisible()

  const next = await phone('staff')
  await next.open('/sub-staff/desk')
  await expect(next.page.getByText(`白板借给了会议室 ${mark}`)).toBeVisible()
  const note = next.page.locator('.card').filter({ hasText: `白板借给了会议室 ${mark}` })
  await note.getByRole('button', { name: '我知道了' }).click()
  await expect(note).toHaveCount(0)
  await staff.page.reload()
  await expect(staff.page.locator('.card').filter({ hasText: `白板借给了会议室 ${mark}` }).getByText('看过：程小溪')).toBeVisible()

  await next.open('/sub-records/find')
  for (const text of ['路灯', '2026-0021', '陈月梅']) {
    await field(next, '找什么').fill(text)
    await tapUntil(button(next, '找'), next.page.locator('.matter'))
  }
  await field(next, '找什么').fill('查无此事此人')
  await tapUntil(button(next, '找'), next.page.getByText(/没有找到“查无此事此人”/))
})

test('the usual answer waits ten seconds and may be taken back', async ({ phone }) => {
  const account = `demo-${10 + (Number(mark) % 9)}`
  const resident = await phone(account)
  await resident.open('/pages/report/mine')
  const categories = (await api<{ items: { id: number; name: string }[] }>(resident, account, 'GET', '/categories')).body.items
  const made = await api<{ id: number; number: string }>(resident, account, 'POST', '/reports', { categoryId: categories.find((c) => c.name === '其他')?.id, body: `图书角的门关不上 ${mark}`, place: { text: '图书角' } })
  expect(made.status).toBe(201)
  const number = made.body.number
  await resident.open(`/pages/report/detail?id=${made.body.id}`)

  const staff = await phone('staff')
  await staff.open('/sub-staff/reports?view=waiting')
  const card = staff.page.locator('.quick').filter({ hasText: number })
  await expect(async () => { // the queue comes in pages; the most urgent stand first
    await staff.page.mouse.wheel(0, 4000)
    await expect(card).toBeVisible({ timeout: 500 })
  }).toPass({ timeout: 15_000 })
  await card.scrollIntoViewIfNeeded()
  await card.getByRole('button', { name: '受理' }).click()
  await expect(card.getByText(/^\d+ 秒后受理$/)).toBeVisible()
  await card.getByRole('button', { name: `撤回受理 ${number}` }).click()
  await expect(card.getByRole('button', { name: '受理' })).toBeVisible()
  await resident.page.reload()
  await expect(resident.page.getByText('待受理').first()).toBeVisible()

  // By a long press, which opens nothing; and by a swipe to the left. Both are taken back.
  const cdp = await staff.page.context().newCDPSession(staff.page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[] = []) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints })
  const takenBack = async () => {
    await expect(card.getByText(/^\d+ 秒后受理$/)).toBeVisible()
    await expect(staff.page).toHaveURL(/sub-staff\/reports/)
    await tapUntil(card.getByRole('button', { name: `撤回受理 ${number}` }), card.getByRole('button', { name: '受理', exact: true }))
  }
  const words = await card.getByText('图书角的门关不上').boundingBox()
  const at = { x: (words?.x ?? 0) + 200, y: (words?.y ?? 0) + 8 }
  await touch('touchStart', [at])
  await expect(card.getByText(/^\d+ 秒后受理$/)).toBeVisible()
  await touch('touchEnd')
  await takenBack()
  await touch('touchStart', [at])
  for (const dx of [40, 80, 120]) await touch('touchMove', [{ x: at.x - dx, y: at.y }])
  await touch('touchEnd')
  await takenBack()

  // Again, and the person goes to another page: it goes at once.
  await card.getByRole('button', { name: '受理' }).click()
  await expect(card.getByText(/^\d+ 秒后受理$/)).toBeVisible()
  await staff.open('/sub-staff/desk')
  await expect(async () => {
    await resident.page.reload()
    await expect(resident.page.getByText('已受理').first()).toBeVisible({ timeout: 2000 })
  }).toPass({ timeout: 15_000 })
})
