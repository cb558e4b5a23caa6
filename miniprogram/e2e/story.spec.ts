import { api, expect, test, type Phone } from './phone'

// Our main job as people do it, on three (and a fourth) phones. Stories share one server's demo data and run one after another.

// Stories may be told again to the same server.
const mark = String(Date.now() % 100000)
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname
const button = ({ page }: Phone, name: string | RegExp) => page.getByRole('button', { name, exact: true }).locator('visible=true')

/** WeChat's prompt opens after the tap that asks for it. */
async function allow(p: Phone) {
  await button(p, '允许').click()
}

/** What WeChat shows in this person's notification list, newest first. */
async function notified({ page }: Phone, name: string) {
  const answer = await page.request.get(`/sim/people/${name}/messages`)
  return ((await answer.json()) as { messages: { title: string; page: string }[] }).messages.map((m) => m.title)
}

test('by need → a deputy → a time → asked → the deputy is pushed and accepts → the resident is pushed', async ({ phone }) => {
  const deputy = await phone('deputy')
  await deputy.open('/sub-deputy/today')
  // Who has enough in hand is not asked.
  const more = deputy.page.getByText('再收通知').first()
  if (await more.isVisible()) {
    await more.click()
    await allow(deputy)
  }

  const name = 'demo-30'
  const resident = await phone(name)
  await resident.open('/pages/home/home')
  await resident.page.getByText('睡不好', { exact: true }).first().click()
  const card = resident.page.locator('.deputy').filter({ hasText: '睡不好' }).filter({ hasText: '林晓慧' }).first()
  await expect(card).toBeVisible()
  await card.click()
  await expect(resident.page.getByText('选个时间')).toBeVisible()
  await resident.page.getByRole('radio', { name: /[1-9] 个空/ }).first().click()
  await resident.page.locator('[role=radio][aria-disabled=false], .chip:not(.chip--full)').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).first().click()
  await button(resident, /预约|下一步/).last().click()
  await resident.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').first().click()
  await resident.page.getByLabel('想先说的话').last().locator('textarea').fill(`最近睡不好 😴 ${mark}`)
  await button(resident, '提交预约').click()
  await allow(resident)
  await expect(resident.page.getByText('等待答复').first()).toBeVisible()
  await expect(resident.page.getByText('等代表答复').first()).toBeVisible()
  const address = resident.page.url().split('#')[1] ?? ''

  await expect.poll(() => notified(deputy, 'deputy')).toContain('新的预约提醒')
  await deputy.open(address) // the push opens it
  await expect(deputy.page.getByText(`最近睡不好 😴 ${mark}`).first()).toBeVisible()
  await button(deputy, '接受').click()
  await expect(deputy.page.getByText('已约好').first()).toBeVisible()

  await expect.poll(() => notified(resident, name)).toContain('预约结果通知')
  await resident.open('/pages/inbox/inbox')
  await resident.page.getByText(/^约好了/).first().click()
  await expect(resident.page.getByText('已约好').first()).toBeVisible()
  await expect(resident.page.getByText('接受了预约').first()).toBeVisible()
})

test('a problem with a photo → accepted, dispatched → done → the resident rates it', async ({ phone }) => {
  const name = 'demo-29'
  const words = `三号楼前下雨就积水，老人出门要蹚水 ${mark}`
  const resident = await phone(name)
  await resident.open('/pages/report/form')
  const chooser = resident.page.waitForEvent('filechooser')
  await button(resident, '添加照片').click()
  await (await chooser).setFiles(photo)
  await expect(resident.page.getByLabel('第1张，已上传')).toBeVisible()
  await resident.page.getByRole('radio', { name: '道路积水' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill(words)

  // A page that was closed loses nothing.
  await resident.page.reload()
  await expect(resident.page.getByLabel('是什么问题').last().locator('textarea')).toHaveValue(words)
  await resident.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio').first().click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('3 号楼东侧路口')
  await button(resident, /^提交/).last().click()
  await allow(resident)
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  const address = resident.page.url().split('#')[1] ?? ''

  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '受理').click()
  await expect(staff.page.getByText('已受理').first()).toBeVisible()
  await button(staff, '交办').click()
  await staff.page.getByRole('radiogroup', { name: '承办单位' }).getByRole('radio').first().click()
  await button(staff, '交办').last().click()
  await expect(staff.page.getByText('已交办').first()).toBeVisible()

  const department = await phone('department')
  await department.open('/sub-office/department')
  await expect(department.page.getByText(words).first()).toBeVisible()
  await department.open(address)
  await button(department, '接收办理').click()
  await expect(department.page.getByText('办理中').first()).toBeVisible()
  await button(department, '办结').click()
  await department.page.getByRole('radio', { name: '已解决' }).click()
  await department.page.getByLabel('说明').last().locator('textarea').fill('雨水口已疏通，路面不再积水。')
  await button(department, '办结').last().click()
  await expect(department.page.getByText('已办结').first()).toBeVisible()

  await expect.poll(() => notified(resident, name)).toContain('办理结果通知')
  await resident.open(address)
  await expect(resident.page.getByText('雨水口已疏通，路面不再积水。').first()).toBeVisible()
  await button(resident, /解决了/).first().click()
  await resident.page.getByRole('radio', { name: /5/ }).click()
  await button(resident, /解决了/).last().click()
  await expect(resident.page.getByText('已反馈').first()).toBeVisible()
})

test('another person’s matter cannot be opened, and says so in words', async ({ phone }) => {
  const stranger = await phone('demo-28')
  stranger.expectProblem(404)
  await stranger.open('/pages/booking/detail?id=1')
  await expect(stranger.page.getByText(/没有找到/).first()).toBeVisible()
})

test('two taps make one booking', async ({ phone }) => {
  const resident = await phone('demo-27')
  await resident.open('/pages/deputy/list')
  await resident.page.locator('.deputy').nth(3).click()
  await resident.page.getByRole('radio', { name: /[1-9] 个空/ }).last().click()
  await resident.page.locator('[role=radio][aria-disabled=false], .chip:not(.chip--full)').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).last().click()
  await button(resident, /预约|下一步/).last().click()
  await resident.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').last().click()
  const send = button(resident, '提交预约')
  await send.dblclick()
  // The second tap fell on the mask of WeChat's prompt, which stays.
  await allow(resident)
  await expect(resident.page.getByText('等待答复').first()).toBeVisible()
  const mine = await api<{ items: { state: string }[] }>(resident, 'demo-27', 'GET', '/me/bookings')
  expect(mine.body.items.filter((b) => b.state === 'requested')).toHaveLength(1)

  await button(resident, '取消预约').click()
  await button(resident, '取消预约').last().click()
  await expect(resident.page.getByText('已取消').first()).toBeVisible()
})
