import { api, button, expect, notified, test } from './phone'

// A deputy falls ill: the desk moves the whole day, everybody booked is offered another time, nobody is dropped.

const mark = String(Date.now() % 100000)

interface Slot {
  start: string
  free: boolean
}

test('a deputy falls ill → the desk takes the day off → each is offered another time → taken, or another chosen', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')

  // A deputy with two free times on one day and more on another, the farthest day first: other stories book the near ones.
  const deputies = (await api<{ items: { id: number; name: string }[] }>(staff, 'staff', 'GET', '/deputies?limit=50')).body.items
  let found: { id: number; name: string; day: string; slots: Slot[] } | undefined
  for (const d of deputies.reverse()) {
    const days = (await api<{ days: { date: string; slots: Slot[] }[] }>(staff, 'staff', 'GET', `/deputies/${d.id}/slots?days=28`)).body.days.filter((x) => x.slots.filter((s) => s.free).length >= 2)
    const day = days.at(-1)
    if (day && days.length > 1) found = { ...d, day: day.date, slots: day.slots.filter((s) => s.free) }
    if (found) break
  }
  if (!found) throw new Error('nobody has two free days')

  const people = []
  for (const [i, name] of ['demo-23', 'demo-24'].entries()) {
    const resident = await phone(name)
    await resident.open('/pages/home/home')
    const made = await api<{ id: number }>(resident, name, 'POST', '/bookings', { deputyId: found.id, start: found.slots[i]?.start, topic: `约在那天 ${mark}` })
    expect(made.status).toBe(201)
    expect((await api(staff, 'staff', 'POST', `/bookings/${made.body.id}/commands`, { command: 'accept' })).status).toBe(200)
    people.push({ resident, name, id: made.body.id })
  }

  await staff.open(`/sub-deputy/leave?deputyId=${found.id}&day=${found.day}`)
  await expect(staff.page.getByText(`${found.name}代表`).first()).toBeVisible()
  await expect(staff.page.getByText('影响到谁')).toBeVisible()
  await staff.page.getByRole('radio', { name: '身体不适' }).click()
  await button(staff, /请假/).last().click()
  const sure = button(staff, '确定')
  if (await sure.count()) await sure.last().click()
  await expect(button(staff, '完成')).toBeVisible()

  const [first, second] = people
  if (!first || !second) throw new Error('two people were booked')
  for (const { resident, name, id } of people) {
    await expect.poll(async () => (await notified(resident, name)).length + 1).toBeGreaterThan(0)
    await resident.open(`/pages/booking/detail?id=${id}`)
    await expect(resident.page.getByText('待您选择').first()).toBeVisible()
    await expect(resident.page.getByText(/身体不适/).first()).toBeVisible()
  }
  await button(first.resident, '就这个时间').click()
  await expect(first.resident.page.getByText('已约好').first()).toBeVisible()
  // Who chooses another one is not told that the time which was offered is theirs already.
  await button(second.resident, '另选时间').click()
  await expect(second.resident.page.getByText(/^提出的时间：/).first()).toBeVisible()

  // The day has no times any more, and nobody holds any of it.
  const gone = (await api<{ days: { slots: Slot[] }[] }>(staff, 'staff', 'GET', `/deputies/${found.id}/slots?from=${found.day}&days=1&desk=true`)).body.days[0]
  expect(gone?.slots).toEqual([])

  const leaves = (await api<{ exceptions: { id: number; kind: string }[] }>(staff, 'staff', 'GET', `/deputies/${found.id}/schedule`)).body.exceptions
  const leave = leaves.find((e) => e.kind === 'leave')
  expect((await api(staff, 'staff', 'DELETE', `/deputies/${found.id}/exceptions/${leave?.id}`)).status).toBe(200)
})
