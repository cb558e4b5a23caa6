import { button, expect, field, tapUntil, test, type Phone } from './phone'

// A problem followed to its true end, by everybody who has a part in it.

const mark = String(Date.now() % 100000)
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname
const place = `书香苑 ${1 + (Number(mark) % 8)} 号楼`

async function attach(p: Phone, count = 1) {
  const chooser = p.page.waitForEvent('filechooser')
  await button(p, '添加照片').last().click()
  await (await chooser).setFiles(Array.from({ length: count }, () => photo))
  await expect(p.page.getByLabel(`第${count}张，已上传`).locator('visible=true')).toBeVisible()
}

async function report(p: Phone, words: string, photos: number) {
  await p.open('/pages/report/form')
  if (photos) await attach(p, photos)
  await p.page.getByRole('radio', { name: '城市环境' }).click()
  await p.page.getByRole('radiogroup', { name: '一般什么时候出现' }).getByRole('radio', { name: '晚上' }).click()
  await field(p, '是什么问题').fill(words)
  await p.page.getByRole('radio', { name: '书香社区' }).click()
  await field(p, '楼栋').fill(place)
  await field(p, '具体位置').fill('北侧垃圾点')
}

/** Sends it, past the near matters and WeChat's prompt, and gives its page's address. */
async function sent(p: Phone): Promise<string> {
  const near = p.page.getByText('附近有人反映过，是同一件事吗？')
  await expect(async () => {
    if (await near.isVisible()) await button(p, '不是这件事').click()
    if (await button(p, '允许').isVisible()) await button(p, '允许').click()
    else if (/report\/form/.test(p.page.url())) await button(p, '提交').click({ timeout: 1000 })
    await expect(p.page).toHaveURL(/report\/detail/, { timeout: 1500 })
  }).toPass({ timeout: 20_000 })
  await expect(p.page.getByText('待受理').first()).toBeVisible()
  return p.page.url().split('#')[1] ?? ''
}

const number = async (p: Phone) => ((await p.page.getByText(/^反映 \d{4}-\d+$/).first().textContent()) ?? '').replace('反映 ', '')

async function done(p: Phone, words: string) {
  await button(p, '办结').click()
  await p.page.getByRole('radio', { name: '已解决' }).click()
  await field(p, '说明').fill(words)
  await attach(p)
  await tapUntil(button(p, '办结').last(), p.page.getByText('等反映人确认'))
}

test('three photos → merged with a neighbour’s → two departments, one sends it back → overdue, urged, supervised → done → refused → done → verified → public, and the receipt holds', async ({ phone }) => {
  test.setTimeout(150_000)
  const resident = await phone('demo-35')
  await report(resident, `${place}北侧的垃圾没有人收，味道很大 ${mark}`, 3)
  const address = await sent(resident)
  const first = await number(resident)
  await expect(resident.page.getByText('一般什么时候出现').first()).toBeVisible()

  const neighbour = await phone('demo-36')
  await report(neighbour, `${place}北侧垃圾好几天没收了 ${mark}`, 0)
  const second = await sent(neighbour)

  await test.step('the community merges the second into the first', async () => {
    const community = await phone('community')
    await community.open(second)
    await button(community, '更多').click()
    await button(community, '并到另一件').click()
    await community.page.getByRole('radio', { name: new RegExp(first) }).click()
    await tapUntil(button(community, '并到另一件').last(), community.page.getByText(`与 ${first} 是同一个问题`))
    await neighbour.page.reload()
    await expect(neighbour.page.getByText(`与 ${first} 一起办理`).first()).toBeVisible()
    await expect(neighbour.page.getByText('已反馈')).toHaveCount(0) // nobody was given an answer
    await button(neighbour, `看 ${first}`).click()
    await expect(neighbour.page.getByText(`反映 ${first}`).locator('visible=true')).toBeVisible()
    await neighbour.open(second)
  })

  const staff = await phone('staff')
  await test.step('the desk dispatches it to two', async () => {
    await staff.open(address)
    await button(staff, '受理').click()
    await expect(staff.page.getByText('已受理').first()).toBeVisible()
    await button(staff, '交办').click()
    await staff.page.getByRole('radio', { name: '城市管理科' }).click()
    await staff.page.getByRole('checkbox', { name: '物业管理办公室' }).click()
    await tapUntil(button(staff, '交办').last(), staff.page.getByText('已交办'))
  })

  const helping = await phone('department-02')
  await helping.open(address)
  await expect(helping.page.getByText('反映人', { exact: true })).toHaveCount(0)
  await button(helping, '不归我们办').click()
  await field(helping, '原因').fill('这里不是小区里面，归城市管理科。')
  helping.expectProblem(404) // sent back: it is none of theirs any more
  await button(helping, '不归我们办').last().click()
  await expect(helping.page.getByText('办好了。这件事不在您这里了。').first()).toBeVisible()
  await expect(helping.page.getByText(/没有找到/)).toHaveCount(0)
  await expect(button(helping, '不归我们办')).toHaveCount(0)

  await test.step('its deadline passes: urged, then supervised', async () => {
    const id = /id=(\d+)/.exec(address)?.[1]
    expect((await staff.page.request.post(`/sim/reports/${id}/overdue`)).status()).toBe(204)
    await expect(async () => {
      await staff.page.reload()
      await expect(staff.page.getByText('督办中').first()).toBeVisible({ timeout: 2000 })
    }).toPass({ timeout: 20_000 })
    await expect(staff.page.getByText('超过期限，催办').first()).toBeVisible()
    await expect(staff.page.getByText('物业管理办公室退回协办').first()).toBeVisible()
  })

  const department = await phone('department')
  await department.open(address)
  await button(department, '接收办理').click()
  await expect(department.page.getByText('办理中').first()).toBeVisible()
  await done(department, '垃圾已经清走。')

  await test.step('it is not: the resident refuses with a photo', async () => {
    await resident.open(address)
    await expect(resident.page.getByText('垃圾已经清走。').first()).toBeVisible()
    await button(resident, '还没解决').click()
    await field(resident, '原因').fill('今天早上又堆满了')
    await attach(resident)
    await tapUntil(button(resident, '还没解决').last(), resident.page.getByText('再次交办'))
    await expect(resident.page.getByText('第 1 次').first()).toBeVisible()
  })

  await department.open('/sub-office/department')
  await department.open(address)
  await expect(department.page.getByText('今天早上又堆满了').first()).toBeVisible()
  await button(department, '重新办理').click()
  await expect(department.page.getByText('办理中').first()).toBeVisible()
  await done(department, '加了收运班次，每天早晚各收一次。')

  await test.step('a liaison officer looks on site and closes it', async () => {
    const liaison = await phone('liaison')
    await liaison.open(address)
    await button(liaison, '现场核实').click()
    await field(liaison, '说明').fill('到现场看了，垃圾点干净。')
    await attach(liaison)
    await tapUntil(button(liaison, '现场核实').last(), liaison.page.getByText('已反馈'))
  })

  await test.step('everybody may read it, without its people, and the receipt holds', async () => {
    await resident.page.reload()
    await expect(resident.page.getByText('已反馈').first()).toBeVisible()
    await resident.page.getByRole('link', { name: '记录凭证，点开核对' }).click()
    await expect(resident.page.getByText('✓ 完整')).toBeVisible()
    const stranger = await phone('demo-34')
    const id = /id=(\d+)/.exec(address)?.[1]
    await expect.poll(async () => (await stranger.page.request.get(`/api/v1/public/reports/${id}`)).status(), { timeout: 20_000 }).toBe(200)
    await stranger.open(`/sub-public/detail?id=${id}`)
    await expect(stranger.page.getByText('再次交办 1 次').first()).toBeVisible()
    await expect(stranger.page.getByText('现场核实，已经解决').first()).toBeVisible()
    await expect(stranger.page.getByText('demo-35')).toHaveCount(0)
  })
})
