import { api, button, expect, field, test } from './phone'

const mark = String(Date.now() % 100000)
const photo = new URL('./fixtures/puddle.jpg', import.meta.url).pathname

test('a report without a network is kept with its photo over a closed app, goes by itself, and is there once', async ({ phone }) => {
  const name = 'demo-37'
  const resident = await phone(name)
  resident.expectProblem(0) // the browser’s own line about a request that found no network
  await resident.open('/pages/report/form')
  await resident.page.getByRole('radio', { name: '其他' }).click()
  await field(resident, '是什么问题').fill(`图书角的灯坏了 ${mark}`)
  await resident.page.getByRole('radio', { name: '书香社区' }).click()
  await field(resident, '具体位置').fill('图书角')

  // The network is gone before the photo went.
  await resident.page.route('**/api/v1/**', (r) => r.abort())
  const chooser = resident.page.waitForEvent('filechooser')
  await button(resident, '添加照片').click()
  await (await chooser).setFiles(photo)
  await expect(resident.page.getByLabel('第1张，没传上，点一下重试')).toBeVisible()
  await button(resident, '提交').click()
  if (await button(resident, '允许').isVisible()) await button(resident, '允许').click()
  await expect(resident.page.getByText('还没发出去').first()).toBeVisible()
  await expect(resident.page.getByText('照片 1 张，已传 0 张')).toBeVisible()

  // The app is closed and opened again: still here, still not sent.
  await resident.page.reload()
  await expect(resident.page.getByText(`图书角的灯坏了 ${mark}`).first()).toBeVisible()
  await resident.page.unroute('**/api/v1/**')
  await button(resident, '现在发送').click()
  await expect(resident.page.getByText('还没发出去')).toHaveCount(0)
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  const mine = await api<{ items: { id: number; body: string }[] }>(resident, name, 'GET', '/me/reports')
  const sent = mine.body.items.filter((r) => r.body.includes(mark))
  expect(sent).toHaveLength(1)
  await resident.open(`/pages/report/detail?id=${sent[0]!.id}`)
  await expect(resident.page.getByLabel('第1张照片，点开看大图')).toBeVisible()
})
