import { api, button, expect, notified, test, type Phone } from './phone'

// What people are told, and what becomes of it when WeChat may not tell them.

const mark = String(Date.now() % 100000)

/** WeChat's prompt opens after the tap that asks for it. */
const answer = (p: Phone, word: '允许' | '取消') => button(p, word).last().click()

test('the resident refuses the prompt → the desk sees the mark, calls and notes it; the inbox has the news all the same', async ({ phone }) => {
  const name = 'demo-24'
  const resident = await phone(name)
  await resident.open('/pages/report/form')
  await resident.page.getByRole('radio', { name: '道路积水' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill(`井盖松了，车一过就响 ${mark}`)
  await resident.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio').first().click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('5 号楼北侧')
  await button(resident, /^提交/).last().click()
  await answer(resident, '取消')
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  const address = resident.page.url().split('#')[1] ?? ''

  // Refused in this visit: the next form does not ask again.
  const asked = await api<{ templates: unknown[] }>(resident, name, 'GET', '/me/prompts?moment=report')
  expect(asked.body.templates).toHaveLength(0)

  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '受理').click()
  await expect(staff.page.getByText('已受理').first()).toBeVisible()
  const at = staff.page.getByText('暂时通知不到').first()
  await expect(async () => {
    await staff.page.reload()
    await expect(at).toBeVisible({ timeout: 2000 })
  }).toPass()
  expect((await notified(resident, name)).filter((m) => m.page.includes(address))).toHaveLength(0)
  await button(staff, '已电话告知').click()
  await staff.page.getByText('已告知', { exact: true }).click()
  await expect(at).toBeHidden()
  await expect(staff.page.getByText('已电话告知').first()).toBeVisible()

  await resident.open('/pages/inbox/inbox')
  await expect(resident.page.getByText(/条没看/).first()).toBeVisible()
  await resident.page.getByText(/您反映的.*受理/).first().click()
  await expect(resident.page.getByText('已电话告知').first()).toBeVisible()
  // Read wherever it was opened.
  await resident.open('/pages/inbox/inbox')
  await expect(resident.page.getByRole('link', { name: /^您反映的.*井盖松了/ }).first()).toBeVisible()
  await button(resident, '全部已读').click()
  await expect(resident.page.getByText(/条没看/)).toHaveCount(0)
})

test('one tap at the workbench adds five consents once the choice is kept; the deputy acts from the notification itself', async ({ phone }) => {
  test.setTimeout(150_000)
  const deputy = await phone('deputy')
  await deputy.open('/sub-deputy/today')
  const title = '新的预约提醒'
  const left = async () => {
    const now = await api<{ credits: { title: string; left: number }[] }>(deputy, 'deputy', 'GET', '/me/notify-settings')
    return now.body.credits.find((c) => c.title === title)?.left ?? 0
  }
  // Told again to the same server, the deputy has them in hand already.
  if ((await left()) < 4) {
    const more = deputy.page.getByText('再收通知').first()
    // Nobody is asked twice within a minute: another story may have asked just now.
    await expect(async () => {
      await deputy.page.reload()
      await expect(more).toBeVisible({ timeout: 2000 })
    }).toPass({ timeout: 75_000 })
    await more.click()
    await deputy.page.getByRole('checkbox', { name: /总是保持/ }).click()
    await answer(deputy, '允许')
    await expect(deputy.page.getByText('刚刚多了 5 次')).toBeVisible()
  }
  await expect.poll(left).toBeGreaterThanOrEqual(4)

  const resident = await phone('demo-21')
  const mine = await api<{ roles: { scopeId: number }[] }>(deputy, 'deputy', 'GET', '/me')
  await resident.open(`/pages/deputy/detail?id=${mine.body.roles.map((r) => r.scopeId).find((id) => id > 0) ?? 1}`)
  await resident.page.getByRole('radio', { name: /[1-9] 个空/ }).last().click()
  await resident.page.locator('[role=radio][aria-disabled=false], .chip:not(.chip--full)').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).last().click()
  await button(resident, /预约|下一步/).last().click()
  await resident.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').first().click()
  await resident.page.getByLabel('想先说的话').last().locator('textarea').fill(`想问问加装电梯 ${mark}`)
  await button(resident, '提交预约').click()
  await answer(resident, '允许')
  await expect(resident.page.getByText('等待答复').first()).toBeVisible()

  const id = /id=\d+/.exec(resident.page.url())?.[0] ?? ''
  const push = async () => (await notified(deputy, 'deputy')).find((m) => m.title === title && m.page.endsWith(id))?.page
  await expect.poll(push).toBeTruthy()
  await deputy.open((await push()) ?? '') // a tap on the notification
  await expect(deputy.page.getByText(`想问问加装电梯 ${mark}`).first()).toBeVisible()
  await button(deputy, '接受').click()
  await expect(deputy.page.getByText('已约好').first()).toBeVisible()
  await expect.poll(async () => (await notified(resident, 'demo-21')).map((m) => m.title)).toContain('预约结果通知')

  // The time is free again for the next telling.
  await resident.page.reload()
  await expect(resident.page.getByText('已约好').first()).toBeVisible()
  await button(resident, '取消预约').click()
  await button(resident, '取消预约').last().click()
  await expect(resident.page.getByText('已取消').first()).toBeVisible()
})

test('what is turned off is not pushed; what is read without a network is what was there', async ({ phone }) => {
  const name = 'demo-22'
  const resident = await phone(name)
  await resident.open('/pages/me/me')
  await api(resident, name, 'PUT', '/me/notify-settings', { kind: 'reminder', push: true })
  await resident.page.getByText('消息和通知').first().click()
  await expect(resident.page.getByText('不能关')).toBeVisible()
  await resident.page.getByRole('switch', { name: '见面提醒' }).click()
  await expect
    .poll(async () => (await api<{ kinds: { kind: string; push: boolean }[] }>(resident, name, 'GET', '/me/notify-settings')).body.kinds.find((k) => k.kind === 'reminder')?.push)
    .toBe(false)

  await resident.open('/pages/inbox/inbox')
  const first = resident.page.locator('.notice').first()
  await expect(first).toBeVisible()
  const words = (await first.getAttribute('aria-label')) ?? ''
  resident.expectProblem(0)
  await resident.page.route('**/api/v1/me/inbox*', (r) => r.abort())
  await resident.page.reload()
  await expect(resident.page.getByText(/网络好像断了/).first()).toBeVisible()
  await expect(first).toHaveAttribute('aria-label', words)
})
