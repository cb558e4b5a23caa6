import { clock, dayPart } from '../src/words/time'
import { api, button, expect, field, notified, tapUntil, test, type Phone } from './phone'
import { accountOf, receivesSoon, stationsOpen, type Deputy, type Slot } from './soon'

// The warm cabin whole: a booking through all its turns, and the line for a time that is taken.

const mark = String(Date.now() % 1_000_000)

interface Day {
  date: string
  slots: Slot[]
}

const says = (p: Phone, text: string | RegExp) => expect(p.page.getByText(text).locator('visible=true').first()).toBeVisible()
const times = (p: Phone) => p.page.locator('[role=radio][aria-disabled=false]').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).locator('visible=true')
const chip = (p: Phone, { start }: Slot, state: string) => p.page.getByRole('radio', { name: new RegExp(`^${dayPart(start)}${clock(start)}，.*${state}`) }).locator('visible=true')

const own = (p: Phone, { start }: Slot, state: string) => p.page.getByRole('link', { name: `${dayPart(start)}${clock(start)}，${state}` }).locator('visible=true')

/** Chooses the last day with two times at least, and its first time: other stories book the near ones. */
async function chooseFar(p: Phone) {
  await p.page.getByRole('radio', { name: /，[2-9] 个空$/ }).locator('visible=true').last().click()
  await times(p).first().click()
}

/** The words of the booking, with one that is longer than a line, and its page's address once it is asked for. */
async function ask(p: Phone) {
  await p.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').locator('visible=true').first().click()
  await p.page.getByLabel('想先说的话').last().locator('textarea').fill(`夜里总醒，想请教 ${mark} ${'x'.repeat(80)}`)
}

/** The page as it is now: who opens the address on which they stand stays where they are. */
async function again(p: Phone) {
  await p.page.reload()
  await p.page.waitForLoadState('networkidle')
}

/** A need of the home page that a deputy serves who can receive today. At night nobody is received: then the story ends with the answer to the move. */
async function served(staff: Phone) {
  const needs = (await api<{ items: { word: string }[] }>(staff, 'staff', 'GET', '/needs')).body.items
  for (const { word: topic } of needs) {
    const { items } = (await api<{ items: Deputy[] }>(staff, 'staff', 'GET', `/deputies?need=${encodeURIComponent(topic)}`)).body
    const found = items.filter((d) => d.services.some((s) => s.code === 'talk_one'))
    const soon = stationsOpen() ? await receivesSoon(staff, found, 5) : undefined
    const chosen = soon?.deputy ?? (stationsOpen() ? undefined : found[0])
    if (chosen) return { topic, chosen, soon }
  }
  throw new Error('no deputy can receive now')
}

const addressOf = (p: Phone) => p.page.url().split('#')[1] ?? ''

test('by need → the reason → booked → another time offered → taken → moved → accepted → checked in → recorded → rated', async ({ phone }) => {
  test.setTimeout(120_000)
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')
  const { topic, chosen, soon } = await served(staff)
  const account = accountOf(chosen)

  // The office lets people book at short notice, so that the meeting is today; a preset of its own, given back below.
  const admin = await phone('admin')
  await admin.open('/sub-office/admin')
  const lead = (value: number) => api(admin, 'admin', 'PUT', '/presets/book_lead_hours', { value })
  expect((await lead(0)).status).toBe(200)
  try {
    const name = `cabin-${mark}`
    const resident = await phone(name)
    await resident.open('/pages/home/home')
    await resident.page.getByRole('button', { name: `找代表聊${topic}` }).click()
    const card = resident.page.locator('.deputy').filter({ hasText: chosen.name })
    await expect(card.locator('.deputy__reason')).toContainText(`“${topic}”`)
    await card.click()
    await says(resident, '选个时间')
    const kinds = resident.page.getByRole('radiogroup', { name: '怎么聊' })
    if (chosen.services.filter((s) => s.code !== 'group_talk').length > 1) await kinds.getByRole('radio', { name: '面谈' }).click()
    await chooseFar(resident)
    await button(resident, /^预约 /).click()
    await ask(resident)
    await button(resident, '提交预约').click()
    await button(resident, '允许').click()
    await says(resident, '等代表答复')
    const address = addressOf(resident)

    const deputy = await phone(account)
    await deputy.open(address)
    await says(deputy, `夜里总醒，想请教 ${mark}`)
    await staff.open(address)
    await says(staff, '等待答复')
    await button(deputy, '另约时间').click()
    await says(deputy, '换成什么时间')
    expect(await deputy.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await button(deputy, /^提出/).click()
    await says(deputy, '请选一个时间。')
    await chooseFar(deputy)
    await times(deputy).last().click()
    await deputy.page.getByRole('radio', { name: '想多留点时间' }).click()
    await tapUntil(button(deputy, /^提出 /), deputy.page.getByText('等选民选择'))

    // The desk still looks at the request: what it taps now is not done, and it sees what there is.
    staff.expectProblem(409)
    await button(staff, '接受').click()
    await says(staff, /刚刚有了新进展，现在是“等选民选择”/)
    await says(staff, '新的时间')

    await expect.poll(async () => (await notified(resident, name)).length).toBeGreaterThan(0)
    await again(resident)
    await says(resident, '新的时间')
    await says(resident, /想留多一点时间听您说/)
    await button(resident, '就这个时间').click()
    await says(resident, '已约好')

    await button(resident, '改时间').click()
    if (soon) {
      await resident.page.getByRole('radio', { name: /^今天/ }).locator('visible=true').click()
      await chip(resident, soon.slot, '可以约').click()
    } else await chooseFar(resident)
    await button(resident, /^换到 /).click()
    await says(resident, '等待答复')

    await again(deputy)
    await says(deputy, '改了时间')
    await button(deputy, '接受').click()
    await says(deputy, '已约好')
    if (!soon) return

    await again(resident)
    const code = ((await resident.page.getByText(/^\d{3} \d{3}$/).first().textContent()) ?? '').replace(/\s/g, '')
    await staff.open('/sub-staff/checkin')
    await field(staff, '签到码').fill(code)
    await button(staff, '就是这位，到站签到').click()
    await staff.page.getByRole('button', { name: /^现在就到站签到/ }).click()
    await says(staff, /已签到$/)

    await again(deputy)
    await button(deputy, '写服务记录').click()
    await deputy.page.getByLabel('说明').last().locator('textarea').fill('教了三个放松的办法，两周后再聊一次。')
    await button(deputy, '写服务记录').last().click()
    await says(deputy, '已完成')

    await again(resident)
    await expect(resident.page.getByText('教了三个放松的办法')).toHaveCount(0) // the record is the office's
    await button(resident, '评价这次接待').click()
    await resident.page.getByRole('radio', { name: /^5 星/ }).click()
    await resident.page.getByLabel('想说的话').last().locator('textarea').fill('很耐心，谢谢')
    await button(resident, '评价这次接待').last().click()
    await says(resident, '★★★★★ 很耐心，谢谢')
    await again(deputy)
    await says(deputy, '★★★★★ 很耐心，谢谢')
  } finally {
    expect((await lead(4)).status).toBe(200)
  }
})

test('a time that is taken → the next resident joins its line → the first cancels → offered → taken', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')
  const deputies = (await api<{ items: Deputy[] }>(staff, 'staff', 'GET', '/deputies?limit=50')).body.items
  let found: { deputy: Deputy; day: Day; slot: Slot } | undefined
  for (const deputy of deputies) {
    const days = (await api<{ days: Day[] }>(staff, 'staff', 'GET', `/deputies/${deputy.id}/slots?days=14`)).body.days
    const day = days.findLast((d) => d.slots.some((s) => s.free))
    const slot = day?.slots.findLast((s) => s.free)
    if (day && slot) found = { deputy, day, slot }
    if (found) break
  }
  if (!found) throw new Error('nobody has a free time')
  const { deputy, slot } = found

  const holder = `holder-${mark}`
  const first = await phone(holder)
  await first.open('/pages/home/home')
  const made = await api<{ id: number }>(first, holder, 'POST', '/bookings', { deputyId: deputy.id, start: slot.start, topic: `先约的人 ${mark}` })
  expect(made.status).toBe(201)

  const look = async (p: Phone) => {
    await p.open(`/pages/deputy/detail?id=${deputy.id}`)
    await p.page.locator(`#day-${found.day.date}`).locator('visible=true').click()
  }
  // To whoever has the time it is no full one: it leads to their booking.
  await look(first)
  await own(first, slot, '您已约').click()
  await says(first, '已经告诉' + deputy.name)

  const next = await phone(`next-${mark}`)
  await look(next)
  await chip(next, slot, '可候补').click()
  await says(next, /已经有人约了.*给您留 2 小时/)
  await button(next, /^候补这个时间/).click()
  await ask(next)
  await button(next, '候补这个时间').click()
  await button(next, '允许').click()
  await says(next, '您排在第一位')
  await says(next, /给您留 2 小时/)
  const line = addressOf(next)
  await look(next)
  await own(next, slot, '您在候补').click()
  await says(next, '您排在第一位')

  await first.open(`/pages/booking/detail?id=${made.body.id}`)
  await button(first, '取消预约').click()
  await button(first, '取消预约').last().click()
  await says(first, '已取消')

  // Kept for the first in line: to everybody else the time stays taken.
  await next.open('/pages/inbox/inbox')
  await says(next, /^有位子了：/)
  await first.open('/pages/home/home')
  first.expectProblem(409)
  expect((await api(first, holder, 'POST', '/bookings', { deputyId: deputy.id, start: slot.start, topic: '想再约回来' })).status).toBe(409)

  await next.open('/pages/home/home')
  await next.page.getByRole('link', { name: new RegExp(`^有位子了，${deputy.name}`) }).click()
  await says(next, '给您保留到')
  await button(next, '我要这个位子').click()
  await says(next, '等代表答复')
  await says(next, `夜里总醒，想请教 ${mark}`)
  await next.open(line)
  await button(next, '看这次预约').click()
  await says(next, '等待答复')
})

test('two want one time: the second reads so, and takes the nearest free one by one tap, with the words they wrote', async ({ phone }) => {
  const name = `second-${mark}`
  const second = await phone(name)
  await second.open('/pages/deputy/list')
  const { items } = (await api<{ items: Deputy[] }>(second, name, 'GET', '/deputies?limit=50')).body
  // One who has times enough that others remain.
  let deputy = items[0]
  for (const d of items) {
    const { days } = (await api<{ days: Day[] }>(second, name, 'GET', `/deputies/${d.id}/slots?days=14`)).body
    if (days.some((day) => day.slots.filter((s) => s.free && s.service !== 'group_talk').length >= 3)) deputy = d
  }
  await second.open(`/pages/deputy/detail?id=${deputy?.id}`)
  await second.page.getByRole('radio', { name: /，([3-9]|1\d) 个空$/ }).locator('visible=true').last().click()
  await times(second).first().click()
  await button(second, /^预约 /).click()
  await ask(second)

  const draft = await second.page.evaluate(() => JSON.stringify(Object.entries(localStorage).find(([k]) => k.endsWith('draft:booking'))?.[1]))
  const start = /20\d\d-[^"\\]+\+08:00/.exec(draft)?.[0]
  const faster = await phone(`faster-${mark}`)
  await faster.open('/pages/home/home')
  expect((await api(faster, `faster-${mark}`, 'POST', '/bookings', { deputyId: deputy?.id, start, topic: '先到一步' })).status).toBe(201)

  second.expectProblem(409)
  await button(second, '提交预约').click()
  await button(second, '允许').click()
  await says(second, '这个时间已经被别人约走了')
  await says(second, '您写的都还在。')
  const others = second.page.locator('.button').filter({ hasText: /\d:\d\d/ }).locator('visible=true')
  await expect(others.first()).toHaveClass(/button--primary/)
  // One is to be pressed, the rest stand beside it.
  await expect(second.page.locator('.button--primary').locator('visible=true')).toHaveCount(1)
  await others.first().click()
  await says(second, '等待答复')
  await says(second, `夜里总醒，想请教 ${mark}`)
})
