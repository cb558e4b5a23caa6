import { api, button, expect, field, notified, test } from './phone'
import { accountOf, receivesSoon, stationsOpen, type Deputy } from './soon'

// The staff's desk: somebody without WeChat comes to the station, is booked, called, and checked in by number.

const mark = String(Date.now() % 100000)
test('a walk-in: phone → consent → booked → the deputy is pushed and accepts → called → checked in by number', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')
  await expect(button(staff, '现场登记')).toBeVisible()
  const today = stationsOpen()
  const deputies = (await api<{ items: Deputy[] }>(staff, 'staff', 'GET', '/deputies?limit=50')).body.items
  // A call has no check-in code: one who only meets people.
  const chosen = today ? (await receivesSoon(staff, deputies))?.deputy : deputies.find((d) => d.services.every((s) => s.code !== 'phone'))
  if (!chosen) throw new Error('no deputy can receive now')
  const account = accountOf(chosen)
  const deputy = await phone(account)
  await deputy.open('/sub-deputy/today')
  await deputy.page.getByText('再收通知').first().click()
  await button(deputy, '允许').click()
  const before = (await notified(deputy, account)).length

  // She says her number; nobody knows it yet.
  await button(staff, '现场登记').click()
  const name = `罗秀${mark}`
  await field(staff, '选民的电话').fill(`139${mark.padStart(8, '0')}`)
  await expect(staff.page.getByText('这个电话没有登记过，是新来的。')).toBeVisible()
  await field(staff, '姓名').fill(name)
  await field(staff, '找代表').fill(chosen.name)
  await button(staff, '找').click()
  await staff.page.getByRole('radiogroup', { name: '代表', exact: true }).getByRole('radio', { name: chosen.name }).click()
  await staff.page.locator('[role=radio][aria-disabled=false]').filter({ hasText: /\d:\d\d/ }).first().click()
  await field(staff, '话题').fill(`想见代表 ${mark}`)

  // Nothing is written down before she agreed to the words.
  await button(staff, /^登记/).click()
  await expect(staff.page.getByText('请把这段话读给选民听，对方同意了再勾上。')).toBeVisible()
  await expect(staff.page.getByText(/我同意联络站工作人员记录我的姓名和电话/)).toBeVisible()
  await staff.page.getByRole('checkbox', { name: '已读给选民听，对方同意' }).click()
  await expect(staff.page.getByText('请把这段话读给选民听，对方同意了再勾上。')).toHaveCount(0)
  await expect(async () => {
    // A second tap within half a second of the first does nothing.
    await button(staff, /^登记/).click({ timeout: 1000 })
    await expect(staff.page.getByText(`${name} → ${chosen.name}代表`)).toBeVisible({ timeout: 2000 })
  }).toPass()
  await expect(staff.page.getByText('等待答复').first()).toBeVisible()
  await button(staff, '看这次预约').click()
  await expect(staff.page.getByText('提交了预约').first()).toBeVisible()
  const address = staff.page.url().split('#')[1] ?? ''

  await expect.poll(async () => (await notified(deputy, account)).length).toBeGreaterThan(before)
  await deputy.open(address)
  await button(deputy, '接受').click()
  await expect(deputy.page.getByText('已约好').first()).toBeVisible()

  // The desk is asked to call her. The phone is opened with a reason, and that is written down.
  await staff.open('/pages/inbox/inbox')
  await staff.page.getByText('请打电话告诉选民：约好了').first().click()
  await button(staff, '打电话给选民').click()
  await staff.page.getByRole('radio', { name: '告诉预约结果' }).click()
  await button(staff, '查看电话').click()
  await expect(staff.page.getByText(`139${mark.padStart(8, '0')}`)).toBeVisible()
  await staff.page.getByRole('button', { name: '关上' }).locator('visible=true').click()
  await expect(staff.page.getByText('查看了联系电话')).toBeVisible()

  // She comes with the number that was written down for her.
  const code = ((await staff.page.getByText(/^\d{3} \d{3}$/).first().textContent()) ?? '').replace(/\s/g, '')
  expect(code).toMatch(/^\d{6}$/)
  await staff.open('/sub-staff/checkin')
  await field(staff, '签到码').fill(code)
  if (!today) {
    await expect(staff.page.getByText('今天站里没有这个签到码')).toBeVisible()
    return
  }
  await expect(staff.page.getByText(name)).toBeVisible()
  await button(staff, '就是这位，到站签到').click()
  await expect(staff.page.getByText(/^\d+ 秒后到站签到$/)).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/desk-checkin-held.png' })
  await staff.page.getByRole('button', { name: /^撤回到站签到/ }).click() // the wrong one
  await button(staff, '就是这位，到站签到').click()
  await staff.page.getByRole('button', { name: /^现在就到站签到/ }).click()
  await expect(staff.page.getByText(`${name} 已签到`)).toBeVisible()
  await staff.open(`/sub-staff/day?stationId=${chosen.stationId}`)
  await expect(staff.page.locator('.entry--here').filter({ hasText: name })).toBeVisible()

  // The same phone again: the desk is shown a masked name, not hers.
  await staff.open('/sub-staff/walkin')
  await field(staff, '选民的电话').fill(`139${mark.padStart(8, '0')}`)
  await expect(staff.page.getByRole('radio', { name: /^罗＊/ })).toBeVisible()
  await expect(staff.page.getByText(name)).toHaveCount(0)
})

test('an answer to a booking waits ten seconds: taken back nobody hears of it, then the resident is told', async ({ phone }) => {
  const account = `desk-${mark}`
  const resident = await phone(account)
  await resident.open('/pages/booking/mine')
  const deputies = (await api<{ items: Deputy[] }>(resident, account, 'GET', '/deputies?limit=50')).body.items
  let made: { id: number; number: string } | undefined
  for (const d of deputies.filter((x) => x.services.some((s) => s.code === 'talk_one'))) {
    const { days } = (await api<{ days: { slots: { start: string; free: boolean; service: string }[] }[] }>(resident, account, 'GET', `/deputies/${d.id}/slots?days=14`)).body
    const free = days.flatMap((x) => x.slots).filter((s) => s.free && s.service === 'talk_one').at(-1)
    if (!free) continue
    const booked = await api<{ id: number; number: string }>(resident, account, 'POST', '/bookings', { deputyId: d.id, start: free.start, topic: `想见代表 ${mark}` })
    if (booked.status === 201) made = booked.body
    if (made) break
  }
  if (!made) throw new Error('no deputy has a free time')
  const titles = async () => (await api<{ items: { title: string }[] }>(resident, account, 'GET', '/me/inbox')).body.items.map((n) => n.title).join()

  const staff = await phone('staff')
  await staff.open('/sub-staff/bookings?view=asked')
  const card = staff.page.locator('.quick').filter({ hasText: made.number })
  await expect(async () => {
    await staff.page.mouse.wheel(0, 4000)
    await expect(card).toBeVisible({ timeout: 1000 })
  }).toPass()
  await card.getByRole('button', { name: '接受', exact: true }).click()
  await expect(card.getByText(/^\d+ 秒后接受$/)).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/desk-held.png' })
  await card.getByRole('button', { name: `撤回接受 ${made.number}` }).click()
  await expect(card.getByRole('button', { name: '接受', exact: true })).toBeVisible()
  expect(await titles()).not.toContain('约好了')
  expect((await api<{ state: string; events: unknown[] }>(resident, account, 'GET', `/bookings/${made.id}`)).body.state).toBe('requested')

  await card.getByRole('button', { name: '接受', exact: true }).click()
  await card.getByRole('button', { name: `现在就接受 ${made.number}` }).click()
  await expect.poll(titles).toContain('约好了')
  await expect(card).toHaveCount(0) // it waits for the deputy no more
  expect((await api(resident, account, 'POST', `/bookings/${made.id}/commands`, { command: 'cancel' })).status).toBe(200)
})

test('a number that nobody has, and one that is none', async ({ phone }) => {
  const staff = await phone('staff')
  staff.expectProblem(422)
  await staff.open('/sub-staff/checkin?code=12')
  await expect(staff.page.getByText('签到码是 6 位数字，请再看一看。')).toBeVisible()
})

test('a resident has no way to the desk', async ({ phone }) => {
  const resident = await phone('demo-26')
  resident.expectProblem(403)
  for (const page of ['day', 'desk', 'bookings']) {
    await resident.open(`/sub-staff/${page}`)
    await expect(resident.page.getByText(/没有这项权限/).first()).toBeVisible()
  }
})

test('the desk’s pages need no sideways scrolling, in the elder view and on a narrow phone', async ({ phone }) => {
  const { page, open: go } = await phone('staff')
  await go('/pages/me/me')
  await page.getByRole('switch', { name: '大字版' }).click()
  for (const width of [375, 320]) {
    await page.setViewportSize({ width, height: 760 })
    for (const address of ['/sub-staff/desk', '/sub-staff/day', '/sub-staff/walkin?deputyId=1', '/sub-staff/checkin', '/sub-staff/bookings']) {
      await page.goto('about:blank')
      await go(address)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${address} at ${width}`).toBeLessThanOrEqual(width)
    }
  }
})
