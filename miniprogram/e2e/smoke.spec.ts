import { expect, test } from './phone'

test('a resident opens the app, finds a deputy by need, and sees free times', async ({ phone }) => {
  const { page, open } = await phone('resident')
  await open('/pages/home/home')
  await expect(page.getByText('有事找代表')).toBeVisible()
  await expect(page.getByText('我的事')).toBeVisible()

  await page.getByRole('button', { name: /^找代表聊/ }).first().click()
  const first = page.locator('.deputy').first()
  await expect(first).toBeVisible()
  await first.click()
  await expect(page.getByText('选个时间')).toBeVisible()
  await expect(page.getByRole('radio', { name: /个空/ }).first()).toBeVisible()
})

test('the elder view applies at once and stays', async ({ phone }) => {
  const { page, open } = await phone('resident')
  await open('/pages/me/me')
  const size = () => page.getByText('大字版').evaluate((e) => parseFloat(getComputedStyle(e).fontSize))
  const ordinary = await size()
  await page.getByRole('switch', { name: '大字版' }).click()
  await expect.poll(size).toBeGreaterThan(ordinary)
  await page.reload()
  await expect.poll(size).toBeGreaterThan(ordinary)
})

test('three phones on one origin are three people', async ({ phone }) => {
  const { page, open } = await phone('resident')
  await open('/pages/me/me')
  await page.goto('/?phone=deputy#/pages/me/me')
  await expect(page.getByText('人大代表工作台')).toBeVisible()
  await page.goto('/?phone=resident#/pages/me/me')
  await expect(page.getByText('我的预约')).toBeVisible()
  await expect(page.getByText('人大代表工作台')).toHaveCount(0)
})
