import { button, expect, field, tapUntil, test, type Phone } from './phone'

const mark = String(Date.now() % 10000)

async function write(p: Phone, words: string) {
  await p.open('/pages/report/form')
  await p.page.getByRole('radio', { name: '公共设施' }).click()
  await p.page.getByLabel('是什么问题').last().locator('textarea').fill(words)
  await p.page.getByRole('radiogroup', { name: '社区' }).getByRole('radio').first().click()
  await p.page.getByLabel('具体位置').last().locator('input').fill(`${mark} 号楼北门`)
}

test('the same lamp: the second neighbour is shown the first one’s report, joins it, and hears of its progress', async ({ phone }) => {
  const first = await phone('demo-31')
  await write(first, `北门路灯不亮 ${mark}，打我电话 13800138000`)
  // What is better not written is pointed out, and hinders nobody.
  await expect(first.page.getByText('电话号码：13800138000')).toBeVisible()
  await button(first, /^提交/).last().click()
  await button(first, '允许').click()
  await expect(first.page.getByText('待受理').first()).toBeVisible()
  await expect(first.page).toHaveURL(/report\/detail/)
  const address = first.page.url().split('#')[1] ?? ''

  const second = await phone('demo-32')
  await write(second, `北门的路灯坏了不亮，晚上看不见 ${mark}`)
  await expect(second.page.getByText('附近有人反映过，是同一件事吗？')).toBeVisible()
  await expect(async () => {
    // Its words are shown once they passed the check, which is asked after the answer.
    await second.page.getByLabel('是什么问题').last().locator('textarea').fill(`北门的路灯坏了不亮，晚上看不见 ${mark} ${Date.now() % 10}`)
    await expect(second.page.locator('.near').filter({ hasText: `北门路灯不亮 ${mark}` })).toBeVisible({ timeout: 2000 })
  }).toPass()
  await expect(second.page.getByText('13800138000')).toHaveCount(0)
  await button(second, '我也遇到，一起跟进').click()
  await expect(second.page.getByText('您也遇到了同样的问题')).toBeVisible()
  await expect(second.page.getByText('13800138000')).toHaveCount(0)

  const staff = await phone('staff')
  await staff.open(address)
  await expect(staff.page.getByText('又有一位居民遇到同样的问题').first()).toBeVisible()
  await button(staff, '受理').click()
  await expect(staff.page.getByText('已受理').first()).toBeVisible()

  await second.open('/pages/inbox/inbox')
  await expect(second.page.getByText('您也遇到的“公共设施”已受理').first()).toBeVisible()
  await second.open('/pages/report/mine')
  await second.page.getByRole('tab', { name: '我也遇到的' }).click()
  await second.page.getByText('公共设施').first().click()
  await button(second, '不再跟进').click()
  await second.page.locator('.uni-modal__btn_primary').click()
  await expect(second.page.getByText('您也遇到了同样的问题')).toHaveCount(0)
})

test('a matter before a court: where else to go is said before a page is written', async ({ phone }) => {
  const resident = await phone('demo-31')
  await write(resident, '物业公司的事法院已经立案，想请代表帮忙')
  await expect(resident.page.getByText('可能要到别处办')).toBeVisible()
  await expect(resident.page.getByText('12348').first()).toBeVisible()

  // What is missing is red where it is, until it is mended.
  await field(resident, '是什么问题').fill('')
  await tapUntil(button(resident, '提交'), resident.page.getByText('还差 1 处，请看上面红字。'))
  await expect(resident.page.getByText('请写几句话，说说是什么问题。')).toBeVisible()
  await field(resident, '是什么问题').fill('想问问法律援助在哪里办')
  await expect(resident.page.getByText('请写几句话，说说是什么问题。')).toHaveCount(0)
  await expect(resident.page.getByText('请看上面红字。')).toHaveCount(0)
})
