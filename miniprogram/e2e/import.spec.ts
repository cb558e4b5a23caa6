import { button, expect, test } from './phone'

// The admin brings a workbook: with a fault, then mended, and sees what it does before it does it.

test('an import: the template comes down, a fault is shown by its cell, a mended file is read and carried out', async ({ phone }) => {
  const admin = await phone('admin')
  const { page } = admin
  await admin.open('/sub-office/admin')
  await page.getByRole('link', { name: '从 Excel 导入' }).click()
  await expect(page.getByText('先核对，再导入')).toBeVisible()
  const [template] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '下载空白模板' }).click()])
  expect(template.suggestedFilename()).toBe('温馨小屋名册模板.xlsx')
  expect(await template.failure()).toBeNull()

  const bring = async (file: string, again = '选择 Excel 文件') => {
    await page.waitForTimeout(600) // a second tap within half a second does nothing
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button(admin, again).click()])
    await chooser.setFiles(`e2e/fixtures/${file}`)
  }
  admin.expectProblem(422)
  await bring('roster.csv.xlsx')
  await expect(page.getByText(/这是文本（.csv）文件/)).toBeVisible()
  await bring('roster-faults.xlsx')
  await expect(page.getByText('代表!B5', { exact: true })).toBeVisible()
  await expect(page.getByText('手机号应为 11 位数字')).toBeVisible()
  await page.screenshot({ path: 'test-results/import-faults.png', fullPage: true })
  await expect(button(admin, /^确认导入/)).toHaveCount(0)

  await bring('roster.xlsx', '重新上传')
  await expect(page.getByText('等您确认').or(page.getByText('没有变化'))).toBeVisible()
  await page.screenshot({ path: 'test-results/import-ready.png', fullPage: true })
  // On a database where this story ran before there is nothing to do: that is the promise.
  if (await page.getByText('没有变化').count()) return
  await button(admin, /^确认导入 \d+ 项/).click()
  await page.screenshot({ path: 'test-results/import-ask.png' })
  await page.getByText('导入', { exact: true }).last().click()
  await expect(page.getByText('已导入')).toBeVisible()
  await page.screenshot({ path: 'test-results/import-done.png', fullPage: true })

  await button(admin, '换一个文件').click()
  await bring('roster.xlsx')
  await expect(page.getByText('没有变化')).toBeVisible()
  await expect(page.getByText('表里写的和系统里一样，不用导入。')).toBeVisible()
})
