import { expect, tapUntil, test, type Phone } from './phone'

// What goes on after the first answer: refused fixes, checks on site, roles given and taken, forms half filled. The demo data
// stay usable: each story makes its own matter, and gives back what it took.

const mark = String(Date.now() % 100000)
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname
const button = ({ page }: Phone, name: string | RegExp) => page.getByRole('button', { name, exact: true }).locator('visible=true')

async function attach(p: Phone) {
  const chooser = p.page.waitForEvent('filechooser')
  await button(p, '添加照片').last().click()
  await (await chooser).setFiles(photo)
  await expect(p.page.getByLabel('第1张，已上传').locator('visible=true')).toBeVisible()
}

/** A report of this resident, taken through to 已办结 by the desk and a department. Gives its page's address. */
async function resolved(phone: (name: string) => Promise<Phone>, resident: Phone, words: string): Promise<string> {
  await resident.open('/pages/report/form')
  await resident.page.getByRole('radio', { name: '道路积水' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill(words)
  await resident.page.getByRole('radio', { name: '书香社区' }).click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('2 号楼北侧')
  await button(resident, '提交').click()
  await button(resident, '允许').click()
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  const address = resident.page.url().split('#')[1] ?? ''

  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '受理').click()
  await button(staff, '交办').click()
  await staff.page.getByRole('radio', { name: '城市管理科' }).click()
  await button(staff, '交办').last().click()
  await expect(staff.page.getByText('已交办').first()).toBeVisible()

  const department = await phone('department')
  await department.open(address)
  await button(department, '接收办理').click()
  await button(department, '办结').click()
  await department.page.getByRole('radio', { name: '已解决' }).click()
  await department.page.getByLabel('说明').last().locator('textarea').fill('雨水口已疏通。')
  await button(department, '办结').last().click()
  await expect(department.page.getByText('已办结').first()).toBeVisible()
  return address
}

test('a fix that is none is refused → done again → a liaison officer verifies it with a photo', async ({ phone }) => {
  const resident = await phone('demo-25')
  const address = await resolved(phone, resident, `二号楼北边又积水了 ${mark}`)
  await resident.open(address)
  await button(resident, '还没解决').click()
  await button(resident, '还没解决').last().click()
  await expect(resident.page.getByText('请写一句原因，对方会看到。')).toBeVisible()
  await resident.page.getByLabel('原因').last().locator('textarea').fill('昨晚下雨还是积水')
  await tapUntil(button(resident, '还没解决').last(), resident.page.getByText('再次交办'))

  const department = await phone('department')
  await department.open(address)
  await expect(department.page.getByText('昨晚下雨还是积水').first()).toBeVisible()
  await button(department, '重新办理').click()
  await button(department, '办结').click()
  await department.page.getByRole('radio', { name: '已解决' }).click()
  await department.page.getByLabel('说明').last().locator('textarea').fill('换了更粗的管道。')
  await attach(department)
  await button(department, '办结').last().click()
  await expect(department.page.getByText('已办结').first()).toBeVisible()

  const liaison = await phone('liaison')
  await liaison.open(address)
  await button(liaison, '现场核实').click()
  await liaison.page.getByLabel('说明').last().locator('textarea').fill('到现场看了，没有积水。')
  await button(liaison, '现场核实').last().click()
  await expect(liaison.page.getByText('请拍一张现场照片。')).toBeVisible()
  await attach(liaison)
  await tapUntil(button(liaison, '现场核实').last(), liaison.page.getByText('已反馈'))
})

test('the admin gives a role by a code, its bench opens, and closes when the role is taken back', async ({ phone }) => {
  const admin = await phone('admin')
  await admin.open('/sub-office/invite')
  await button(admin, '生成邀请码').click()
  await expect(admin.page.getByText('请选一个身份。')).toBeVisible()
  await admin.page.getByRole('radio', { name: '社区', exact: true }).click()
  await admin.page.getByRole('radio', { name: '青禾社区' }).click()
  await tapUntil(button(admin, '生成邀请码'), admin.page.locator('.made__code'))
  const code = (await admin.page.locator('.made__code').innerText()).trim()

  const invited = await phone('demo-26')
  invited.expectProblem(422)
  invited.expectProblem(403)
  await invited.open('/pages/me/invite')
  await invited.page.locator('.field input').fill('AAAA-BBBB-CCCC')
  await button(invited, '开通身份').click()
  await expect(invited.page.getByText(/邀请码不对/)).toHaveCount(1)
  await invited.page.locator('.field input').fill(code)
  await tapUntil(button(invited, '开通身份'), invited.page.getByText(/等我处理|社区里还没有反映/))
  await expect(invited.page).toHaveURL(/sub-office\/community/)

  await admin.open('/sub-office/admin')
  const taking = admin.page.getByRole('button', { name: /^收回.*的社区 · 青禾社区$/ }).last()
  while ((await taking.count()) === 0) await button(admin, '看更多').click()
  await taking.click()
  await admin.page.getByText('收回', { exact: true }).last().click()
  await expect(taking).toHaveCount(0)

  await invited.page.reload()
  await expect(invited.page.getByRole('alert').first()).toBeVisible()
})

test('the elder view needs no sideways scrolling, on a narrow phone as well', async ({ phone }) => {
  const { page, open } = await phone('resident')
  await open('/pages/me/me')
  await page.getByRole('switch', { name: '大字版' }).click()
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 760 })
    for (const address of ['/pages/home/home', '/pages/deputy/list', '/pages/deputy/detail?id=1', '/pages/report/form', '/pages/inbox/inbox', '/pages/me/me', '/pages/booking/mine', '/pages/report/mine']) {
      // A page opened afresh, not one of many kept below.
      await page.goto('about:blank')
      await open(address)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${address} at ${width}`).toBeLessThanOrEqual(width)
    }
  }
})

test('wrong input is named at its field, and what was written stays through closing the page', async ({ phone }) => {
  const resident = await phone('demo-24')
  await resident.open('/pages/report/form')
  await button(resident, '提交').click()
  for (const fault of ['请选一类，拿不准就选“其他”。', '请写几句话，说说是什么问题。', '请选在哪个社区。']) await expect(resident.page.getByText(fault)).toBeVisible()
  const words = resident.page.getByLabel('是什么问题').last().locator('textarea')
  await words.fill(`写到一半的话 ${mark}`)
  await resident.open('/pages/home/home')
  await resident.open('/pages/report/form')
  await expect(words).toHaveValue(`写到一半的话 ${mark}`)
})

test('off line says so, keeps what was typed, and goes on when the network is back', async ({ phone }) => {
  const resident = await phone('demo-23')
  resident.expectProblem(0)
  await resident.open('/pages/me/name')
  await resident.page.locator('.field input').fill('王阿姨')
  await resident.page.context().setOffline(true)
  await button(resident, '保存').click()
  await expect(resident.page.getByText(/网络好像断了/)).toBeVisible()
  await expect(resident.page.locator('.field input')).toHaveValue('王阿姨')
  await resident.page.context().setOffline(false)
  await expect(resident.page.getByText('没有网络。')).toHaveCount(0)
  await tapUntil(button(resident, '保存'), resident.page.getByText('有事找代表'))
})
