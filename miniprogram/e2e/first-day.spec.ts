import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Office } from './office'
import { api, button, expect, field, tapUntil, type Phone } from './phone'

// An office begins with nothing, and by the evening it serves people; then its machine burns down and it goes on from its backup.

const puddle = new URL('./fixtures/puddle.jpg', import.meta.url).pathname

/** The words of a PDF, by poppler. */
const words = (file: string) => execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' })

const cells = `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps({s.title: [["" if c is None else str(c) for c in r] for r in s.iter_rows(values_only=True)] for s in book.worksheets}))`

/** What a workbook holds, as two programs that we did not write read it: openpyxl, and LibreOffice where it is installed. */
function read(file: string, folder: string): Record<string, string[][]> {
  const sheets = JSON.parse(execFileSync('/usr/bin/python3', ['-c', cells, file], { encoding: 'utf8' })) as Record<string, string[][]>
  if (existsSync('/usr/bin/soffice')) {
    execFileSync('soffice', ['--headless', `-env:UserInstallation=file://${folder}/office`, '--convert-to', 'csv:Text - txt - csv (StarCalc):44,34,76', '--outdir', folder, file], { stdio: 'ignore' })
    const text = readFileSync(join(folder, `${file.split('/').at(-1)?.replace(/\.xlsx$/, '')}.csv`), 'utf8')
    for (const cell of Object.values(sheets)[0]?.[0] ?? []) expect(text).toContain(cell)
  }
  return sheets
}

const workbench = { deputy: '代表工作台', staff: '联络站工作台', department: '承办单位' }

/** The admin makes an invite for the first post of a role; its link is opened on a phone that is nobody's yet. */
async function invited(admin: Phone, role: keyof typeof workbench, post: string, guest: Phone) {
  await admin.open(`/sub-admin/people?role=${role}`)
  await admin.page.reload({ waitUntil: 'networkidle' }) // the page of the last role stands already
  await admin.page.getByRole('button', { name: `邀请：${post}` }).click()
  await button(admin, '生成邀请码').click()
  const code = (await admin.page.getByText(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/).innerText()).trim()
  await guest.open(`/pages/me/invite?code=${code.replace('-', '')}`)
  await button(guest, '开通身份').click()
  await expect(guest.page.getByText(workbench[role], { exact: true }).first()).toBeVisible()
}

/** Brings a workbook to the page of imports. */
async function bring(admin: Phone, file: string, tap: string) {
  await admin.page.waitForTimeout(600) // a second tap within half a second does nothing
  const [chooser] = await Promise.all([admin.page.waitForEvent('filechooser'), button(admin, tap).click()])
  await chooser.setFiles(`e2e/fixtures/${file}`)
}

async function setUp(office: Office, admin: Phone) {
  const code = /邀请码：(\S+)/.exec(office.command('invite', '--role', 'admin'))?.[1] ?? ''
  await admin.open(`/pages/me/invite?code=${code.replace('-', '')}`)
  await button(admin, '开通身份').click()
  await expect(admin.page.getByText('人大工委', { exact: true }).first()).toBeVisible()
  await admin.open('/sub-admin/setup')
  await expect(admin.page.getByText('还没有填街道名称。')).toBeVisible()
  await expect(admin.page.getByText(/做好 0 步|做好 [1-3] 步/).first()).toBeVisible()
  await admin.page.screenshot({ path: 'test-results/first-day-checklist.png', fullPage: true })
  await button(admin, '装入九个常用类别').click()
  await admin.open('/sub-admin/street')
  await field(admin, '街道名称').fill('清河街道')
  await button(admin, '保存').click()
  await expect(admin.page.getByText('已保存')).toBeVisible()

  await admin.open('/sub-admin/import')
  await bring(admin, 'office-faults.xlsx', '选择 Excel 文件')
  await expect(admin.page.getByText('手机号应为 11 位数字')).toBeVisible()
  await expect(admin.page.getByText('社区!B2', { exact: true })).toBeVisible()
  await expect(button(admin, /^确认导入/)).toHaveCount(0)
  await admin.page.screenshot({ path: 'test-results/first-day-faults.png', fullPage: true })
  expect((await api<{ items: unknown[] }>(admin, 'admin', 'GET', '/stations')).body.items).toHaveLength(0) // nothing was done
  await bring(admin, 'office.xlsx', '重新上传')
  await button(admin, /^确认导入 \d+ 项/).click()
  await admin.page.getByText('导入', { exact: true }).last().click()
  await expect(admin.page.getByText('已导入')).toBeVisible()
}

/** The first booking and the first report, by a resident whom nobody invited. */
async function firstMatters(deputy: Phone, staff: Phone, resident: Phone) {
  const { body } = await api<{ items: { id: number; rooms: { id: number }[] }[] }>(deputy, 'deputy', 'GET', '/stations')
  for (const weekday of [1, 2, 3, 4, 5]) {
    const hours = { weekday, from: '9:00', to: '11:00', stationId: body.items[0]?.id, roomId: body.items[0]?.rooms[0]?.id, service: 'talk_one', slotMinutes: 30 }
    expect((await api(deputy, 'deputy', 'POST', '/deputies/1/hours', hours)).status).toBe(201)
  }
  await resident.open('/pages/deputy/detail?id=1')
  await resident.page.getByRole('radio', { name: /[1-9] 个空/ }).first().click()
  await resident.page.locator('[role=radio][aria-disabled=false], .chip:not(.chip--full)').filter({ hasText: /\d:\d\d/, hasNotText: /约满|候补|截止/ }).first().click()
  await button(resident, /预约|下一步/).last().click()
  await resident.page.getByRole('radiogroup', { name: '想聊哪方面' }).getByRole('radio').first().click()
  await button(resident, '提交预约').click()
  await button(resident, '允许').click()
  await expect(resident.page.getByText('等待答复').first()).toBeVisible()
  await deputy.open(resident.page.url().split('#')[1] ?? '')
  await button(deputy, '接受').click()
  await expect(deputy.page.getByText('已约好').first()).toBeVisible()

  await resident.open('/pages/report/form')
  const chooser = resident.page.waitForEvent('filechooser')
  await button(resident, '添加照片').click()
  await (await chooser).setFiles(puddle)
  await expect(resident.page.getByLabel('第1张，已上传')).toBeVisible()
  await resident.page.getByRole('radio', { name: '道路积水' }).click()
  await resident.page.getByLabel('是什么问题').last().locator('textarea').fill('新桥路口下雨就积水')
  await resident.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio', { name: '新桥社区' }).click()
  await resident.page.getByLabel('具体位置').last().locator('input').fill('新桥路口东侧')
  await button(resident, /^提交/).last().click()
  await button(resident, '允许').click()
  await expect(resident.page.getByText('待受理').first()).toBeVisible()
  const address = resident.page.url().split('#')[1] ?? ''
  await staff.open(address)
  await tapUntil(button(staff, '受理'), staff.page.getByText('已受理'))
  return address
}

/** What everybody counts by: it must be the same after the fire. */
async function numbers(admin: Phone) {
  const of = async (path: string) => (await api<unknown>(admin, 'admin', 'GET', path)).body
  return JSON.stringify([await of('/statistics'), await of('/stations'), await of('/deputies'), await of('/ledgers/reports'), await of('/ledgers/bookings')])
}

test('the first day of an office, from an empty database to a fire', async ({ office, phone }) => {
  const admin = await phone('admin')
  admin.expectProblem(422)
  await setUp(office, admin)
  const [deputy, staff, department] = [await phone('deputy'), await phone('staff'), await phone('department')]
  await invited(admin, 'deputy', '周清河', deputy)
  await invited(admin, 'staff', '清河街道中心联络站', staff)
  await invited(admin, 'department', '城市管理科', department)
  const resident = await phone('resident')
  const report = await firstMatters(deputy, staff, resident)

  // On the wall: live data, with the street's name.
  await staff.open('/sub-staff/sheets')
  const [sheet] = await Promise.all([staff.page.waitForEvent('download'), staff.page.getByRole('link').filter({ hasText: '值班表、代表、办理流程和站码' }).first().click()])
  const pdf = join(office.folder, 'sheet.pdf')
  await sheet.saveAs(pdf)
  for (const shown of ['清河街道', '中心联络站', '周清河', '反映', '督办']) expect(words(pdf)).toContain(shown)
  execFileSync('pdftoppm', ['-r', '40', '-png', pdf, 'test-results/first-day-sheet'])

  // A list as a workbook, read by a program that we did not write.
  await staff.open('/sub-staff/reports?view=waiting')
  await button(staff, '导出反映').click()
  await button(staff, '开始导出').click()
  await expect(staff.page.getByText(/^共 1 行，文件保留到/)).toBeVisible({ timeout: 15_000 })
  await staff.page.waitForTimeout(600)
  const [list] = await Promise.all([staff.page.waitForEvent('download'), button(staff, '打开文件').click()])
  const book = join(office.folder, 'reports.xlsx')
  await list.saveAs(book)
  const sheets = Object.values(read(book, office.folder))
  expect(sheets[0]?.flat().join(' ')).toContain('新桥路口下雨就积水')
  expect(sheets.at(-1)?.flat().join(' ')).toMatch(/staff|导出/) // who took it, and when

  // The machine burns down; the office goes on from its backup.
  const before = await numbers(admin)
  office.command('backup', '-to', join(office.folder, 'backups'))
  await office.stop()
  office.wipe()
  const [kept = ''] = execFileSync('ls', [join(office.folder, 'backups')], { encoding: 'utf8' }).trim().split('\n')
  expect(office.command('restore', '-from', join(office.folder, 'backups', kept))).toContain('备份完整')
  await office.start()
  for (const p of [admin, staff]) p.expectProblem(401) // sessions were in what burned: each phone logs in again by itself
  await admin.open('/sub-records/statistics')
  await admin.page.reload({ waitUntil: 'networkidle' })
  expect(await numbers(admin)).toBe(before)
  await staff.open(report)
  await staff.page.reload({ waitUntil: 'networkidle' })
  await expect(staff.page.getByText('新桥路口下雨就积水').first()).toBeVisible()
  await expect(staff.page.locator('img[src^="blob:"], uni-image').first()).toBeVisible()
})
