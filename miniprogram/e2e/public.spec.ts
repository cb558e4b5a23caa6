import { button, expect, field, test } from './phone'

const mark = String(Date.now() % 10000)

test('what was reported is public without its person, and its receipt holds', async ({ phone }) => {
  const resident = await phone('demo-33')
  await resident.open('/pages/report/form')
  await resident.page.getByRole('radio', { name: '公共设施' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill(`健身器材断了 ${mark}，我住 2单元501室，电话 13900139000`)
  await resident.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio').first().click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('7 号楼 3 单元门口')
  await button(resident, /^提交/).last().click()
  await button(resident, '允许').click()
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  await expect(resident.page).toHaveURL(/report\/detail/)
  const address = resident.page.url().split('#')[1] ?? ''
  const number = ((await resident.page.getByText(/^反映 \d{4}-\d+$/).first().textContent()) ?? '').replace('反映 ', '')

  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '受理').click()
  await expect(staff.page.getByText('已受理').first()).toBeVisible()

  // Anybody may read it, once WeChat's check has nothing against the words.
  const stranger = await phone('demo-34')
  const found = async () => {
    const answer = await stranger.page.request.get('/api/v1/public/reports')
    return ((await answer.json()) as { items: { number: string }[] }).items.some((r) => r.number === number)
  }
  await expect.poll(found, { timeout: 20_000 }).toBe(true)
  await stranger.open('/sub-public/list')
  await stranger.page.getByText(`健身器材断了 ${mark}`).first().click()
  await expect(stranger.page.getByText('7号楼').first()).toBeVisible()
  await expect(stranger.page.getByText('已受理').first()).toBeVisible()
  for (const secret of ['13900139000', '501', '3 单元']) await expect(stranger.page.getByText(secret)).toHaveCount(0)

  // The receipt of the first step still belongs to it.
  await resident.page.reload()
  await resident.page.getByRole('link', { name: '记录凭证，点开核对' }).click()
  await expect(resident.page.getByText('✓ 完整')).toBeVisible()
  await field(resident, '凭证').fill('0000-0000-0000-0000')
  await button(resident, '核对').click()
  await expect(resident.page.getByText('！对不上')).toBeVisible()
})
