import { api, button, expect, field, test } from './phone'

// What may be public: WeChat says no, the reporter asks for another look, the desk decides. And the codes on the wall.

const mark = String(Date.now() % 100000)

interface Row {
  id: number
}

test('words that WeChat refuses → the reporter reads why and appeals → the desk says yes', async ({ phone }) => {
  const resident = await phone('resident')
  await resident.open('/pages/home/home')
  const category = (await api<{ items: Row[] }>(resident, 'resident', 'GET', '/categories')).body.items[0]?.id
  const community = (await api<{ items: Row[] }>(resident, 'resident', 'GET', '/communities')).body.items[0]?.id
  const words = `楼道里有人贴违规内容 ${mark}`
  const made = await api<Row>(resident, 'resident', 'POST', '/reports', { categoryId: category, body: words, place: { communityId: community, text: '3 号楼' } })
  // Intake does not wait for the check.
  expect(made.status).toBe(201)

  const held = resident.page.getByText('这段话还没有公开：可能违法。不影响办理，您可以申诉。')
  await expect(async () => {
    await resident.open('/pages/home/home')
    await resident.open(`/pages/report/detail?id=${made.body.id}`)
    await expect(held).toBeVisible({ timeout: 2000 })
  }).toPass()
  await button(resident, '申诉').click()
  await button(resident, '提交申诉').click()
  await expect(resident.page.getByText('请写一句为什么可以公开。')).toBeVisible()
  await field(resident, '申诉的理由').fill('我是在反映别人贴的东西')
  await expect(async () => {
    // A second tap within half a second of the first does nothing.
    await button(resident, '提交申诉').click({ timeout: 1000 })
    await expect(resident.page.getByText('您的申诉已收到，工作人员会再看')).toBeVisible({ timeout: 2000 })
  }).toPass()
  await expect(button(resident, '申诉')).toHaveCount(0)

  const staff = await phone('staff')
  await staff.open('/sub-staff/checks')
  const card = staff.page.locator('.card').filter({ hasText: words })
  await expect(card.getByText('本人说：我是在反映别人贴的东西')).toBeVisible()
  await expect(card.getByText('本人对不公开提出申诉（可能违法）')).toBeVisible()
  await card.getByRole('button', { name: '不公开' }).click()
  await button(staff, '定为不公开').click()
  await expect(staff.page.getByText('请选一个，或者写一句原因，本人看得到。')).toBeVisible()
  await staff.page.getByRole('button', { name: '关上' }).click()
  await card.getByRole('button', { name: '可以公开' }).click()
  await expect(card).toHaveCount(0)

  await resident.open('/pages/inbox/inbox')
  await expect(resident.page.getByText('这段话可以公开了').first()).toBeVisible()
  await resident.open(`/pages/report/detail?id=${made.body.id}`)
  await expect(resident.page.getByText(words).first()).toBeVisible()
  await expect(resident.page.getByText('还没有公开')).toHaveCount(0)
})

test('codes: a deputy’s on their page, a station’s at the desk; a scan leads there, and an unknown one says so', async ({ phone }) => {
  const resident = await phone('resident')
  await resident.open('/pages/scan/open?scene=d%3D1')
  await expect(resident.page).toHaveURL(/pages\/deputy\/detail\?id=1/)
  await resident.page.getByRole('button', { name: '代表码' }).click()
  await expect(button(resident, '保存图片')).toBeEnabled()
  const kept = resident.page.waitForEvent('download')
  await button(resident, '保存图片').click()
  expect((await kept).suggestedFilename()).toMatch(/^代表码-.+\.jpg$/)

  await resident.open('/pages/home/home')
  await resident.open('/pages/scan/open?scene=s%3D1')
  await expect(resident.page).toHaveURL(/pages\/deputy\/list/)

  const lost = await phone('zhou')
  await lost.open('/pages/scan/open?scene=zz%3D7')
  await expect(lost.page.getByText('这个码打不开')).toBeVisible()
  await button(lost, '去首页').click()
  await expect(lost.page.getByText('这个码打不开')).toBeHidden()
  await expect(lost.page).toHaveURL(/#\/(pages\/home\/home)?$/)

  const staff = await phone('staff')
  await staff.open('/sub-staff/codes')
  await staff.page.getByRole('link').first().click()
  await expect(button(staff, '保存图片')).toBeEnabled()
})

test('a phone is offered in WeChat only, and nobody needs one', async ({ phone }) => {
  const resident = await phone('resident')
  await resident.open('/pages/me/me')
  await resident.page.getByRole('link', { name: '我的电话' }).click()
  await expect(resident.page.getByText('没有留电话')).toBeVisible()
  await expect(resident.page.getByText('在微信里打开温馨小屋，就可以留下手机号。')).toBeVisible()
  await expect(button(resident, '用微信里的手机号')).toHaveCount(0)
  const code = ((await (await resident.page.request.post('/sim/people/resident/phone-code', { data: {} })).json()) as { code: string }).code
  expect((await api<{ phone: string }>(resident, 'resident', 'POST', '/me/phone', { code })).body.phone).toMatch(/^\d{3}\*{4}\d{4}$/)
  await resident.page.reload()
  await expect(resident.page.getByText(/^\d{3}\*{4}\d{4}$/)).toBeVisible()
  await button(resident, '删除我的电话').click()
  await resident.page.getByText('删除', { exact: true }).last().click()
  await expect(resident.page.getByText('没有留电话')).toBeVisible()
})
