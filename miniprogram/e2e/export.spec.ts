import { button, expect, test } from './phone'

// Lists as workbooks: from the staff's queue with its filter, and from the office's page; the file is fetched twice.

test('an export: the queue as it is looked at, written meanwhile, opened; and again from the office’s page', async ({ phone }) => {
  const staff = await phone('staff')
  await staff.open('/sub-staff/reports?view=handling')
  await button(staff, '导出反映').click()
  await expect(staff.page.getByText('只导出现在看的：办理中。')).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/export-ask.png' })
  await button(staff, '开始导出').click()
  await expect(staff.page.getByText(/^共 \d+ 行，文件保留到/)).toBeVisible({ timeout: 15_000 })
  await staff.page.screenshot({ path: 'test-results/export-done.png' })
  await staff.page.waitForTimeout(600)
  const [file] = await Promise.all([staff.page.waitForEvent('download'), button(staff, '打开文件').click()])
  expect(file.suggestedFilename()).toMatch(/^联络站的民情-\d{8}-\d{4}\.xlsx$/)
  expect(await file.failure()).toBeNull()
  await file.saveAs('test-results/desk_reports.xlsx')

  const admin = await phone('admin')
  await admin.open('/sub-admin/exports')
  await expect(admin.page.getByText('操作记录', { exact: true }).first()).toBeVisible()
  await button(admin, '导出操作记录').click()
  await expect(admin.page.getByText('导出全部。')).toBeVisible()
  await button(admin, '开始导出').click()
  await expect(admin.page.getByText(/^共 \d+ 行，文件保留到/).first()).toBeVisible({ timeout: 15_000 })
  await button(admin, '关上').click()
  await admin.open('/sub-office/admin')
  await admin.page.getByRole('link', { name: '导出 Excel' }).click()
  await expect(button(admin, '打开操作记录').first()).toBeVisible()
  await admin.page.screenshot({ path: 'test-results/exports-page.png', fullPage: true })
  const [audit] = await Promise.all([admin.page.waitForEvent('download'), button(admin, '打开操作记录').first().click()])
  expect(audit.suggestedFilename()).toMatch(/^操作记录-/)

  await staff.open('/sub-staff/day')
  await expect(button(staff, '导出这一天的预约')).toBeVisible()
  await staff.page.screenshot({ path: 'test-results/export-day.png' })
})
