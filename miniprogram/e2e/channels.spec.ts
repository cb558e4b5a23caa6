import { api, button, expect, notified, test, type Phone } from './phone'

// By which way people are told: WeChat's own switch, 提醒我 on a matter, the official account as the second way.

const mark = String(Date.now() % 100000)

const sim = (p: Phone, name: string, method: 'put' | 'delete', what: string, data?: unknown) => p.page.request[method](`/sim/people/${name}/${what}`, data === undefined ? {} : { data })

async function report(resident: Phone, words: string) {
  await resident.open('/pages/report/form')
  await resident.page.getByRole('radio', { name: '道路积水' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill(`${words} ${mark}`)
  await resident.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio').first().click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('7 号楼南侧')
  await button(resident, /^提交/).last().click()
}

test('WeChat’s main switch is off: the report goes all the same, the person reads how to turn it on, and 提醒我 then asks', async ({ phone }) => {
  const name = 'demo-18'
  const resident = await phone(name)
  await resident.open('/pages/home/home')
  resident.expectProblem(400)
  await sim(resident, name, 'put', 'ways', { main_switch: false })
  await report(resident, '路灯不亮')
  await expect(resident.page.getByText('微信通知没有打开').first()).toBeVisible()
  await button(resident, '先不').last().click()
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  await expect(resident.page.getByText('有进展时，微信告诉您')).toBeVisible()

  // By name it is said again, and opened from there.
  await resident.page.getByText('提醒我').click()
  await expect(resident.page.getByText('微信通知没有打开').first()).toBeVisible()
  await button(resident, '去打开').last().click()
  await resident.page.getByText('提醒我').click()
  await button(resident, '允许').last().click()
  await expect(resident.page.getByText('好了，有进展微信告诉您')).toBeVisible()
})

test('a deputy without consents follows the official account: the next request comes by it and opens the booking; turned off, it does not', async ({ phone }) => {
  test.setTimeout(120_000)
  const name = 'deputy-05'
  const deputy = await phone(name)
  await deputy.open('/sub-deputy/today')
  const settings = async () => (await api<{ official: { follows: boolean; push: boolean } }>(deputy, name, 'GET', '/me/notify-settings')).body.official
  await api(deputy, name, 'PUT', '/me/notify-settings', { channel: 'wechat', push: false })
  await api(deputy, name, 'PUT', '/me/notify-settings', { channel: 'official', push: true })
  // Who has just answered on the phone is awake, whatever the hour: else the message waits for the morning.
  await api(deputy, name, 'POST', '/me/prompts', { promptId: `awake-${mark}-${Date.now()}`, results: { 'sim-booking-requested': 'reject' } }).catch(() => undefined)
  await sim(deputy, name, 'put', 'follow')
  await expect.poll(async () => (await settings()).follows).toBe(true)

  const mine = await api<{ roles: { scopeId: number }[] }>(deputy, name, 'GET', '/me')
  const resident = await phone('demo-20')
  await resident.open(`/pages/deputy/detail?id=${mine.body.roles.map((r) => r.scopeId).find((id) => id > 0) ?? 1}`)
  await resident.page.getByRole('radio', { name: /[1-9] 个空/ }).last().click()
  await resident.page.locator('[role=radio][aria-disabled=false], .chip:not(.chip--full)').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).last().click()
  await button(resident, /预约|下一步/).last().click()
  await resident.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').first().click()
  await button(resident, '提交预约').click()
  await button(resident, '取消').last().click()
  await expect(resident.page.getByText('等待答复').first()).toBeVisible()

  const id = /id=\d+/.exec(resident.page.url())?.[0] ?? ''
  const push = async () => ((await notified(deputy, name)) as { title: string; page: string; channel?: string }[]).find((m) => m.page.endsWith(id))
  await expect.poll(async () => (await push())?.channel).toBe('official')
  await deputy.open((await push())?.page ?? '')
  await button(deputy, '接受').click()
  await expect(deputy.page.getByText('已约好').first()).toBeVisible()

  // Turned off on the page of settings.
  await deputy.open('/pages/me/notify')
  await expect(deputy.page.getByText('微信通知发不出时，从公众号告诉您')).toBeVisible()
  await deputy.page.getByRole('switch', { name: '公众号' }).click()
  await expect.poll(async () => (await settings()).push).toBe(false)

  await resident.page.reload()
  await button(resident, '取消预约').click()
  await button(resident, '取消预约').last().click()
  await expect(resident.page.getByText('已取消').first()).toBeVisible()
  await deputy.open('/pages/inbox/inbox')
  await expect(deputy.page.getByText('预约已取消').first()).toBeVisible()
  expect(((await notified(deputy, name)) as { page: string }[]).filter((m) => m.page.endsWith(id))).toHaveLength(1)
})
