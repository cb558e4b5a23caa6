import { api, button, expect, field, tapUntil, test, type Phone } from './phone'

// What an office and a reporter set right along the way: a place, a photo, who does what, whose shift it is.

const mark = String(Date.now() % 100000)
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname

interface Made {
  id: number
  number: string
}

/** A report of 杏林社区, made and accepted without the screens that other stories tell. */
async function accepted(resident: Phone, name: string, staff: Phone, desk: string, words: string): Promise<Made> {
  const places = await api<{ items: { id: number; name: string }[] }>(resident, name, 'GET', '/communities')
  const kinds = await api<{ items: { id: number; name: string }[] }>(resident, name, 'GET', '/categories')
  const made = await api<Made>(resident, name, 'POST', '/reports', {
    categoryId: kinds.body.items.find((c) => c.name === '城市环境')!.id,
    body: words,
    place: { communityId: places.body.items.find((c) => c.name === '杏林社区')!.id, text: `${mark} 号楼` },
  })
  await api(staff, desk, 'POST', `/reports/${made.body.id}/commands`, { command: 'accept' })
  return made.body
}

test('several at once: both go to the department that usually does it, one is taken back; a colleague takes over the shift', async ({ phone }) => {
  const name = 'demo-41'
  const resident = await phone(name)
  await resident.open('/pages/home/home')
  const staff = await phone('staff-02')
  await staff.open('/sub-staff/dispatch')
  const [one, two] = [await accepted(resident, name, staff, 'staff-02', `垃圾桶不够用 ${mark}`), await accepted(resident, name, staff, 'staff-02', `绿化带里有碎玻璃 ${mark}`)]
  await staff.page.reload()
  for (const r of [one, two]) await staff.page.getByRole('checkbox', { name: new RegExp(r.number) }).click()
  await button(staff, '交办这 2 件').click()
  await tapUntil(button(staff, '交办给城市管理科'), staff.page.getByText('已交办', { exact: true }).nth(1))
  await button(staff, `收回 ${two.number}`).click()
  await expect(staff.page.getByText('已收回', { exact: true }).first()).toBeVisible()

  const department = await phone('department')
  await department.open(`/pages/report/detail?id=${one.id}`)
  await expect(button(department, '接收办理')).toBeVisible()

  // Her colleague comes on shift and takes over what she sees to.
  const colleague = await phone('staff')
  await colleague.open('/sub-staff/shift')
  await button(colleague, /^接手罗清扬的 \d+ 件$/).click()
  await field(colleague, '为什么接手').fill('今天休息')
  await button(colleague, '接手').last().click()
  await expect(button(colleague, /^接手罗清扬的 \d+ 件$/)).toHaveCount(0)
  await staff.open('/pages/inbox/inbox')
  await expect(staff.page.getByText(/程小溪接手了您经办的/).first()).toBeVisible()
})

test('a complaint about a department: the desk is warned of it, one by one and several at once; who helped reads on, and not more', async ({ phone }) => {
  const name = 'demo-44'
  const resident = await phone(name)
  await resident.open('/pages/home/home')
  const staff = await phone('staff')
  await staff.open('/sub-staff/desk')
  const about = await accepted(resident, name, staff, 'staff', `城管科的人收了东西不开单 ${mark}`)
  const other = await accepted(resident, name, staff, 'staff', `路边的树枝挡住了红绿灯 ${mark}`)
  await staff.open(`/pages/report/detail?id=${about.id}`)
  await button(staff, '标明反映的是谁').click()
  await staff.page.getByRole('checkbox', { name: '城市管理科' }).click()
  await button(staff, '保存').click()
  await expect(staff.page.getByText('城市管理科。看不到反映人是谁').first()).toBeVisible()

  await test.step('several at once: what leads back is named, and left out by one tap', async () => {
    await staff.open('/sub-staff/dispatch')
    for (const r of [about, other]) await staff.page.getByRole('checkbox', { name: new RegExp(r.number) }).click()
    await button(staff, '交办这 2 件').click()
    await staff.page.getByRole('radio', { name: /城市管理科，选的里面有 1 件/ }).click()
    await expect(staff.page.getByText(`${about.number} 城市环境：这件事反映的就是这个单位`)).toBeVisible()
    await button(staff, '先不交这 1 件').click()
    await tapUntil(button(staff, '交办给城市管理科'), staff.page.getByText('已交办', { exact: true }).first())
  })

  await test.step('one: the usual department is not chosen by itself, the other helps', async () => {
    await staff.open(`/pages/report/detail?id=${about.id}`)
    await button(staff, '交办').click()
    const tied = staff.page.getByRole('radio', { name: '城市管理科，这件事反映的就是这个单位' })
    await expect(tied).toHaveAttribute('aria-checked', 'false')
    await tied.click()
    await staff.page.getByRole('checkbox', { name: '物业管理办公室' }).click()
    await button(staff, '交办').last().click()
    await expect(staff.page.getByText('还是交给它吗？')).toBeVisible()
    await staff.page.locator('.uni-modal').getByText('先不').click()
    await expect(staff.page.locator('.uni-modal')).toBeHidden()
    await expect(tied).toBeVisible()
    await tapUntil(button(staff, '交办').last(), staff.page.getByText('还是交给它吗？').locator('visible=true'))
    await staff.page.locator('.uni-modal').getByText('照样交办').click()
    await expect(staff.page.getByText('已交办给城市管理科，物业管理办公室协办').first()).toBeVisible()
    await expect(staff.page.getByText('现在就由城市管理科在办').first()).toBeVisible()
  })

  await test.step('who helped finds it among what they did, and reads it to its end', async () => {
    const helps = await phone('department-02')
    await helps.open('/sub-office/department')
    await helps.page.getByRole('tab', { name: '协办' }).click()
    await helps.page.getByText(`城管科的人收了东西不开单 ${mark}`).locator('visible=true').first().click()
    await button(helps, '我们这部分办好了').click()
    await field(helps, '说明').fill('提供了当天的监控。')
    await tapUntil(button(helps, '我们这部分办好了').last(), helps.page.getByText('物业管理办公室 · 已办好'))
    await expect(button(helps, '写进展')).toHaveCount(0)
    await helps.open('/sub-office/department')
    await helps.page.getByRole('tab', { name: '协办' }).click()
    await helps.page.getByRole('radio', { name: '办过的' }).click()
    await helps.page.getByText(about.number).locator('visible=true').first().click()
    await expect(helps.page.getByText('提供了当天的监控。').first()).toBeVisible()
    await expect(helps.page.getByText('反映人', { exact: true })).toHaveCount(0)
    await expect(helps.page.getByText('联系反映人')).toHaveCount(0)
  })
})

test('a neighbour joins without a network, with a photo; the reporter takes theirs down; the place is set right; before and after stand side by side', async ({ phone }) => {
  const first = await phone('demo-42')
  const words = `书香苑健身区的单杠松动，孩子在玩 ${mark}`
  const write = async (p: Phone) => {
    await p.open('/pages/report/form')
    const chooser = p.page.waitForEvent('filechooser')
    await button(p, '添加照片').click()
    await (await chooser).setFiles(photo)
    await p.page.getByRole('radio', { name: '公共设施' }).click()
    await field(p, '是什么问题').fill(words)
    await p.page.getByRole('radio', { name: '书香社区' }).click()
    await field(p, '具体位置').fill(`健身区 ${mark}`)
  }
  await write(first)
  await expect(first.page.getByLabel('第1张，已上传')).toBeVisible()
  await button(first, '提交').click()
  await expect(async () => {
    if (await button(first, '允许').isVisible()) await button(first, '允许').click()
    else if (/report\/form/.test(first.page.url())) await button(first, '提交').click({ timeout: 1000 })
    await expect(first.page).toHaveURL(/report\/detail/, { timeout: 1500 })
  }).toPass({ timeout: 20_000 })
  const address = first.page.url().split('#')[1] ?? ''

  const second = await phone('demo-43')
  second.expectProblem(0)
  await write(second)
  await expect(second.page.getByLabel('第1张，已上传')).toBeVisible()
  const join = second.page.locator('.near').filter({ hasText: mark }).getByRole('button', { name: '我也遇到，一起跟进' })
  await expect(second.page.getByText('附近有人反映过，是同一件事吗？')).toBeVisible()
  await second.page.route('**/api/v1/**', (r) => r.abort())
  await (await join.count() ? join : button(second, '我也遇到，一起跟进').first()).click()
  await expect(second.page.getByText('还没发出去').first()).toBeVisible()
  await second.page.unroute('**/api/v1/**')
  await button(second, '现在发送').click()
  await expect(second.page.getByText('还没发出去')).toHaveCount(0)
  await first.page.reload()
  await expect(first.page.getByText('又有一位居民遇到同样的问题，补充了情况').first()).toBeVisible()

  // A photo that should not have been sent.
  await button(first, '撤下照片').click()
  await button(first, '撤下第1张').click()
  await first.page.locator('.uni-modal__btn_primary').click()
  await expect(first.page.getByText('撤下了一张照片').first()).toBeVisible()
  await expect(first.page.getByLabel('第1张照片，点开看大图')).toHaveCount(0)

  const community = await phone('community')
  await community.open(address)
  await expect(community.page.getByText('处理中')).toHaveCount(0)
  const locate = button(community, '改地点')
  if (!(await locate.isVisible())) await button(community, '更多').click()
  await locate.click()
  await field(community, '具体位置').fill(`健身区东北角 ${mark}`)
  await tapUntil(button(community, '改地点').last(), community.page.getByText('把地点写清楚了'))
  await first.page.reload()
  await expect(first.page.getByText(new RegExp(`现在：健身区东北角 ${mark}`)).first()).toBeVisible()

  const id = Number(/id=(\d+)/.exec(address)?.[1])
  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '受理').click()
  await button(staff, '交办').click()
  await expect(staff.page.getByText('已按类别选好常办的单位，可以改。')).toBeVisible()
  await tapUntil(button(staff, '交办').last(), staff.page.getByText('已交办').first())
  const department = await phone('department')
  await department.open(address)
  await api(department, 'department', 'POST', `/reports/${id}/commands`, { command: 'take' })
  await department.page.reload()
  await button(department, '办结').click()
  // What is missing stands above what was tapped last, a broken network below: each is brought before the eyes.
  await tapUntil(button(department, '办结').last(), department.page.getByText('请选一个办理结果。'))
  await expect(department.page.getByText('请选一个办理结果。')).toBeInViewport({ ratio: 1 })
  await department.page.getByRole('radio', { name: '已解决' }).click()
  await expect(department.page.getByText(/没有办好后的照片/)).toBeVisible()
  await field(department, '说明').fill('单杠已经加固。')
  for (const at of [0, 1]) {
    const chooser = department.page.waitForEvent('filechooser')
    await button(department, '添加照片').nth(at).click()
    await (await chooser).setFiles(photo)
    await expect(department.page.getByLabel('第1张，已上传').locator('visible=true')).toHaveCount(at + 1)
  }
  department.expectProblem(0)
  await department.page.route('**/commands', (r) => r.abort())
  await tapUntil(button(department, '办结').last(), department.page.getByText(/^网络好像断了/))
  await expect(department.page.getByText(/^网络好像断了/)).toBeInViewport({ ratio: 1 })
  await expect(button(department, '办结').last()).toBeInViewport({ ratio: 1 })
  await department.page.unroute('**/commands')
  await tapUntil(button(department, '办结').last(), department.page.getByText('等反映人确认'))
  await first.page.reload()
  await expect(first.page.getByLabel('办之前的照片，点开看大图')).toBeVisible()
  await expect(first.page.getByLabel('办好后的照片，点开看大图')).toBeVisible()
})
