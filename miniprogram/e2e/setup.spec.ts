import { button, expect, field, tapUntil, test } from './phone'

// The admin goes through the checklist, writes by hand what is missing, invites somebody by a link, and helps them when their phone is lost.

test('setting up: the checklist says what is missing, a department by hand, an invite by link, a lost phone', async ({ phone }) => {
  const admin = await phone('admin')
  const { page } = admin
  const name = `夜间值守科${Date.now() % 100_000}`
  await admin.open('/sub-office/admin')
  await page.getByRole('link', { name: '开站清单' }).click()
  await expect(page.getByText(/还有 \d+ 步没有做|可以开始接待/)).toBeVisible()
  await expect(page.getByText('还没有备份过。')).toBeVisible()
  await page.screenshot({ path: 'test-results/setup-checklist.png', fullPage: true })

  await admin.open('/sub-admin/street')
  await field(admin, '街道名称').fill('暖溪街道')
  await button(admin, '保存').click()
  await expect(page.getByText('已保存')).toBeVisible()
  await admin.open('/sub-admin/setup')
  await expect(page.getByText('暖溪街道', { exact: true })).toBeVisible()
  await expect(page.getByText('还没有填街道名称。')).toHaveCount(0)

  // Without a name the form says so at its field; with one there is another department.
  await admin.open('/sub-admin/roster?kind=department')
  await button(admin, '新增承办单位').click()
  admin.expectProblem(422)
  await tapUntil(button(admin, '保存'), page.getByText('请填写“名称”。'))
  await field(admin, '名称').fill(name)
  await tapUntil(button(admin, '保存'), page.getByText(name, { exact: true }))

  // Nobody holds it yet; an invite goes out, and its link fills the code in.
  await admin.open('/sub-admin/people?role=department')
  await page.getByRole('button', { name: `邀请：${name}` }).click()
  await field(admin, '给谁').fill('老王')
  await button(admin, '生成邀请码').click()
  const code = (await page.getByText(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/).innerText()).trim()
  await expect(page.getByRole('img', { name: '邀请码的小程序码' })).toBeVisible()
  const wang = await phone('wang')
  await wang.open(`/pages/me/invite?code=${code.replace('-', '')}`)
  await expect(field(wang, '邀请码')).toHaveValue(code)
  await button(wang, '开通身份').click()
  await expect(wang.page.getByText('承办单位', { exact: true }).first()).toBeVisible()

  // The phone is lost: it is signed out at once, and another one comes back by a new invite.
  await admin.open('/sub-admin/people?role=department')
  await page.getByRole('link', { name: /已绑定微信/ }).last().click()
  await button(admin, '手机和微信丢了，解绑').click()
  await page.getByText('解绑', { exact: true }).last().click()
  await expect(page.getByText('已解绑，等他用新的邀请码重新绑定。')).toBeVisible()
  await button(admin, '发重新绑定的邀请码').click()
  const again = (await page.getByText(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/).innerText()).trim()
  await page.screenshot({ path: 'test-results/setup-rebind.png', fullPage: true })
  const fresh = await phone('wang-new')
  fresh.expectProblem(401)
  await fresh.open(`/pages/me/invite?code=${again}`)
  await button(fresh, '开通身份').click()
  await expect(fresh.page.getByText('承办单位', { exact: true }).first()).toBeVisible()
  await admin.open('/sub-admin/people?role=department')
  await expect(page.getByText('… 已解绑')).toHaveCount(0)
})
