import { api, button, expect, field, tapUntil, test, type Phone } from './phone'

// The person behind a report: who may call them, whom it is about, who reports on their behalf, and how they go.

const mark = String(Date.now() % 100000).padStart(5, '0')
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname

const visible = ({ page }: Phone, words: string | RegExp) => page.getByText(words).locator('visible=true').first()

test('a liaison officer reports for a neighbour without WeChat; the desk sees it, calls with a reason, and says whom it is about', async ({ phone }) => {
  const number = `137${mark}000`
  const name = `李桂${mark}`
  const liaison = await phone('liaison')
  await liaison.open('/sub-office/community')
  await liaison.page.getByText('替居民反映').first().click()
  await field(liaison, '居民的电话').fill(number)
  await expect(visible(liaison, '这个电话没有登记过，是新来的。')).toBeVisible()
  await field(liaison, '姓名').fill(name)
  const chooser = liaison.page.waitForEvent('filechooser')
  await button(liaison, '添加照片').click()
  await (await chooser).setFiles(photo)
  await expect(liaison.page.getByLabel('第1张，已上传')).toBeVisible()
  await liaison.page.getByRole('radio', { name: '公共设施' }).click()
  await field(liaison, '是什么问题').fill(`楼道的灯坏了半个月，晚上看不见台阶 ${mark}`)
  await liaison.page.getByRole('radio', { name: '书香社区' }).click()
  await field(liaison, '具体位置').fill('5 号楼二单元')

  // Nothing is written down before the neighbour agreed.
  await button(liaison, '替居民提交').click()
  await expect(visible(liaison, '请把这段话读给居民听，对方同意了再勾上。')).toBeVisible()
  await liaison.page.getByRole('checkbox', { name: '已读给居民听，对方同意' }).click()
  await liaison.page.getByRole('radio', { name: '电话里读的' }).click()
  await tapUntil(button(liaison, '替居民提交'), visible(liaison, `已替${name}提交`))
  await expect(visible(liaison, '对方没有微信')).toBeVisible()
  await tapUntil(button(liaison, '看这一件'), visible(liaison, '由联络员代办'))
  const address = liaison.page.url().split('#')[1] ?? ''

  const staff = await phone('staff')
  await staff.open('/sub-staff/phone')
  await field(staff, '对方的电话').fill(number)
  await button(staff, '查一下').click()
  await expect(visible(staff, /登记的是李＊/)).toBeVisible()
  await expect(staff.page.getByText(name)).toHaveCount(0)
  await staff.page.getByText(`楼道的灯坏了半个月`).locator('visible=true').first().click()
  await expect(visible(staff, '由联络员代办')).toBeVisible()
  await button(staff, '打电话给反映人').click()
  await button(staff, '查看电话').click()
  await expect(visible(staff, '请选一个，或者写一句为什么要打电话。')).toBeVisible()
  await staff.page.getByRole('radio', { name: '核实地点' }).click()
  await tapUntil(button(staff, '查看电话'), visible(staff, number))
  await staff.page.getByRole('button', { name: '关上' }).locator('visible=true').click()
  await expect(visible(staff, /查看过：核实地点/)).toBeVisible()

  // It is about a department and one of its people.
  await button(staff, '标明反映的是谁').click()
  await staff.page.getByRole('checkbox', { name: '城市管理科' }).click()
  await field(staff, '按姓名找工作人员').fill('彭立新')
  await button(staff, '找').click()
  await staff.page.getByRole('button', { name: '标明彭立新' }).click()
  await tapUntil(button(staff, '保存'), visible(staff, /城市管理科、彭立新。看不到反映人是谁/))
  await button(staff, '受理').click()
  await expect(visible(staff, '已受理')).toBeVisible()

  // Who has no WeChat is told, and answered for, by who reported.
  await liaison.open('/sub-office/proxied')
  await expect(visible(liaison, new RegExp(`${name} · 公共设施`))).toBeVisible()
  await liaison.open('/pages/inbox/inbox')
  await expect(visible(liaison, /^您代办的“公共设施/)).toBeVisible()

  const about = await phone('department')
  about.expectProblem(404)
  await about.open(address)
  await expect(visible(about, /没有找到/)).toBeVisible()
})

test('a liaison officer reports for neighbours without a network: kept over a closed app, sent once, and who is known by another name is asked about', async ({ phone }) => {
  const number = `139${mark}000`
  const name = `周桂${mark}`
  const liaison = await phone('liaison')
  liaison.expectProblem(0) // the browser’s own line about a request that found no network
  await liaison.open('/sub-office/community')
  await expect(visible(liaison, '替居民反映')).toBeVisible()
  const gone = () => liaison.page.route('**/api/v1/**', (r) => r.abort())
  const back = () => liaison.page.unroute('**/api/v1/**')

  /** Fills in the form where nobody can be asked who this phone is. */
  const write = async (who: string, what: string) => {
    await field(liaison, '居民的电话').fill(number)
    await expect(visible(liaison, /现在没有网络，先记下来/)).toBeVisible()
    await field(liaison, '姓名').fill(who)
    await liaison.page.getByRole('radio', { name: '公共设施' }).click()
    await field(liaison, '是什么问题').fill(what)
    await liaison.page.getByRole('radio', { name: '书香社区' }).click()
    await field(liaison, '具体位置').fill('7 号楼')
    await expect(visible(liaison, /我同意由您记录我的姓名和电话/)).toBeVisible()
    await liaison.page.getByRole('checkbox', { name: '已读给居民听，对方同意' }).click()
    await tapUntil(button(liaison, '替居民提交'), visible(liaison, '还没发出去'))
  }

  await gone()
  await liaison.page.getByRole('link', { name: '替居民反映' }).click()
  const chooser = liaison.page.waitForEvent('filechooser')
  await button(liaison, '添加照片').click()
  await (await chooser).setFiles(photo)
  await write(name, `单元门关不上 ${mark}`)
  await expect(visible(liaison, '照片 1 张，已传 0 张')).toBeVisible()
  expect(await liaison.page.locator('body').innerText()).not.toContain(number)

  // The app is closed, and opened where there is a network.
  await liaison.page.reload()
  await expect(visible(liaison, `单元门关不上 ${mark}`)).toBeVisible()
  await back()
  await tapUntil(button(liaison, '现在发送'), visible(liaison, new RegExp(`${name} · 公共设施`)))
  await expect(liaison.page.getByText('还没发出去').locator('visible=true')).toHaveCount(0)

  // The same phone, as another neighbour says it: the server knows it by the first name.
  await liaison.open('/sub-office/community')
  await gone()
  await liaison.page.getByRole('link', { name: '替居民反映' }).click()
  await write(`周树${mark}`, `楼道堆了杂物 ${mark}`)
  await back()
  liaison.expectProblem(409)
  await button(liaison, '现在发送').click()
  await expect(visible(liaison, /这个电话登记的是“周.*请核对是不是同一位/)).toBeVisible()
  await button(liaison, '取回来改').click()
  await expect(field(liaison, '是什么问题')).toHaveValue(`楼道堆了杂物 ${mark}`)
  await liaison.page.getByRole('radio', { name: '同一个电话的另一位' }).click()
  await tapUntil(button(liaison, '替居民提交'), visible(liaison, `已替周树${mark}提交`))

  const mine = await api<{ items: { body: string; photos: unknown[] }[] }>(liaison, 'liaison', 'GET', '/proxy/reports')
  expect(mine.body.items.filter((r) => r.body.includes(mark) && !r.body.includes('台阶')).map((r) => r.body)).toEqual([`楼道堆了杂物 ${mark}`, `单元门关不上 ${mark}`])
})

test('who was written down without WeChat comes with it, and the desk makes both one', async ({ phone }) => {
  const who = `joined-${mark}`
  const number = `135${mark}000`
  const liaison = await phone('liaison')
  await liaison.open('/sub-office/community')
  const communities = (await api<{ items: { id: number; name: string }[] }>(liaison, 'liaison', 'GET', '/communities')).body.items
  const categories = (await api<{ items: { id: number; name: string }[] }>(liaison, 'liaison', 'GET', '/categories')).body.items
  const made = await api<{ id: number }>(liaison, 'liaison', 'POST', '/proxy/reports', {
    phone: number,
    name: `罗秀${mark}`,
    consent: true,
    categoryId: categories.find((c) => c.name === '公共设施')?.id,
    body: `楼下的长椅断了一根木条 ${mark}`,
    place: { communityId: communities.find((c) => c.name === '书香社区')?.id, text: '2 号楼前' },
  })
  expect(made.status).toBe(201)
  const resident = await phone(who)
  await resident.open('/pages/me/me')
  const shown = (await (await resident.page.request.post(`/sim/people/${who}/phone-code`)).json()) as { code: string; phone: string }

  const staff = await phone('staff')
  await staff.open('/sub-staff/phone')
  await field(staff, '对方的电话').fill(number)
  await button(staff, '查一下').click()
  await staff.page.getByText('合到他的微信里').locator('visible=true').click()
  await expect(visible(staff, '登记时的电话')).toBeVisible()
  // Before she left her number on WeChat there is nobody to join her with.
  await tapUntil(button(staff, '查一下'), visible(staff, '没有微信用户留过这个电话'))
  expect((await api(resident, who, 'POST', '/me/phone', { code: shown.code })).status).toBe(200)
  await field(staff, '微信里留的电话').fill(shown.phone)
  await tapUntil(button(staff, '查一下'), visible(staff, '合到哪个微信'))
  await expect(visible(staff, /罗＊+（1 件反映）/)).toBeVisible()
  await expect(staff.page.getByText(`罗秀${mark}`)).toHaveCount(0)
  await tapUntil(button(staff, '合到本人的微信里'), visible(staff, '请把这段话读给本人听'))
  await staff.page.getByRole('checkbox', { name: '已读给本人听，对方同意' }).click()
  await tapUntil(button(staff, '合到本人的微信里'), staff.page.getByText('合过去', { exact: true }).locator('visible=true'))
  await staff.page.getByText('合过去', { exact: true }).locator('visible=true').click()
  await expect(visible(staff, '合好了：1 件')).toBeVisible()

  await resident.open('/pages/report/mine')
  await expect(visible(resident, /楼下的长椅断了一根木条/)).toBeVisible()
  await resident.open(`/pages/report/detail?id=${made.body.id}`)
  await expect(visible(resident, '经本人同意，联络站把这件事合到了本人的微信里')).toBeVisible()
  await resident.open('/pages/inbox/inbox')
  await expect(visible(resident, '以前登记的，合到您的微信里了')).toBeVisible()
})

test('a resident lets the department call, reads who looked, takes their data along and goes', async ({ phone }) => {
  const who = `gone-${mark}`
  const resident = await phone(who)
  await resident.open('/pages/report/mine')
  const code = ((await (await resident.page.request.post(`/sim/people/${who}/phone-code`)).json()) as { code: string }).code
  expect((await api(resident, who, 'POST', '/me/phone', { code })).status).toBe(200)
  const communities = (await api<{ items: { id: number }[] }>(resident, who, 'GET', '/communities')).body.items
  const categories = (await api<{ items: { id: number; name: string }[] }>(resident, who, 'GET', '/categories')).body.items
  const made = await api<{ id: number }>(resident, who, 'POST', '/reports', {
    categoryId: categories.find((c) => c.name === '公共设施')?.id,
    body: `小区门口的健身器材松了 ${mark}`,
    place: { communityId: communities[0]?.id, text: `${mark} 号` },
  })
  expect(made.status).toBe(201)
  const address = `/pages/report/detail?id=${made.body.id}`

  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '打电话给反映人').click()
  await staff.page.getByRole('radio', { name: '核实地点' }).click()
  await tapUntil(button(staff, '查看电话'), visible(staff, '已记下是谁、为什么查看的'))

  await resident.open(address)
  await expect(visible(resident, '谁查看过您的电话')).toBeVisible()
  await expect(visible(resident, /^联络站工作人员（/)).toBeVisible()
  await resident.page.getByRole('switch', { name: '承办单位可以打我的电话' }).click()
  await expect(visible(resident, '要写明原因才能看')).toBeVisible()
  await resident.open('/pages/inbox/inbox')
  await expect(visible(resident, '有人查看了您的联系电话')).toBeVisible()

  await resident.open('/pages/me/data')
  await tapUntil(button(resident, '打包我的数据'), button(resident, '下载'))
  const file = resident.page.waitForEvent('download')
  await button(resident, '下载').click()
  expect((await file).suggestedFilename()).toMatch(/^温馨小屋-我的数据-\d{8}-\d{4}\.zip$/)

  await button(resident, '删除我的数据').click()
  await expect(visible(resident, /没办完的 1 件接着办/)).toBeVisible()
  await tapUntil(button(resident, '确定，全部删除'), visible(resident, '已经删除'))
  await staff.page.goto('about:blank')
  await staff.open(address)
  await expect(visible(staff, '已注销的居民')).toBeVisible()
  await expect(visible(staff, `小区门口的健身器材松了 ${mark}`)).toBeVisible()

  // A later login is somebody new.
  await resident.open('/pages/me/me')
  await tapUntil(button(resident, '微信登录'), visible(resident, '我的数据'))
  await resident.open('/pages/report/mine')
  await expect(resident.page.getByText('健身器材')).toHaveCount(0)
})

test('nobody who works for the street deletes themselves', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/pages/me/data')
  await expect(visible(staff, '您还担任工作角色')).toBeVisible()
  await expect(button(staff, '删除我的数据')).toHaveCount(0)
})

test('these pages need no sideways scrolling, in the elder view and on a narrow phone', async ({ phone }) => {
  const { page, open: go } = await phone('liaison')
  await go('/pages/me/me')
  await page.getByRole('switch', { name: '大字版' }).click()
  for (const address of ['/sub-office/proxy', '/sub-office/proxied', '/pages/me/data', '/pages/me/about']) {
    await page.setViewportSize({ width: 320, height: 760 })
    await page.goto('about:blank')
    await go(address)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), address).toBeLessThanOrEqual(320)
  }
})
