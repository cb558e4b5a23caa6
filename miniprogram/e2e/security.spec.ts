import { api, button, expect, field, tapUntil, test, type Phone } from './phone'

// A third admin takes the two of the demo; their authenticator is bound by the code that this test computes, and asked for on another
// day. Only the newcomer binds one: the other stories' admins are asked for nothing.

/**
 * What an authenticator shows at this moment (RFC 6238), or `ahead` steps of half a minute later, computed in the phone's browser.
 * The server takes one step of skew, and no step twice: one ahead serves where the last code is not half a minute old.
 */
async function totp({ page }: Phone, secret: string, ahead = 0): Promise<string> {
  return await page.evaluate(async ([text, later]) => {
    const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
    const bytes = Uint8Array.from(bits.match(/.{8}/g) ?? [], (b) => parseInt(b, 2))
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
    const step = new DataView(new ArrayBuffer(8))
    step.setUint32(4, Math.floor(Date.now() / 30_000) + later)
    const mac = new DataView(await crypto.subtle.sign('HMAC', key, step.buffer))
    return String((mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }, [secret, ahead] as const)
}

/** The session of another day: this one's token is gone from the phone. */
const anotherDay = ({ page }: Phone) => page.evaluate(() => Object.keys(localStorage).filter((k) => k.endsWith(':token')).forEach((k) => localStorage.removeItem(k)))

/** Binds an authenticator as its owner does. */
async function bind(p: Phone): Promise<{ spare: string[]; secret: string }> {
  const { page } = p
  await p.open('/sub-admin/factor')
  await expect(page.getByText('还没有绑定验证器')).toBeVisible()
  await page.getByRole('button', { name: '开始绑定' }).click()
  const shown = page.getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
  await expect(shown).toBeVisible()
  await page.screenshot({ path: 'test-results/security-bind.png', fullPage: true })
  const secret = (await shown.innerText()).replace(/\s/g, '')
  await page.getByRole('textbox').or(page.getByRole('spinbutton')).first().fill(await totp(p, secret))
  await expect(page.getByText('抄下这 8 个恢复码')).toBeVisible()
  await page.screenshot({ path: 'test-results/security-codes.png', fullPage: true })
  const spare = await page.getByText(/^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$/).allInnerTexts()
  expect(spare).toHaveLength(8)
  await page.getByText('我已经抄好了').click()
  await page.getByText('抄好了', { exact: true }).click()
  await expect(page.getByText('已绑定验证器')).toBeVisible()
  return { spare, secret }
}

test('two admins agree to a third, who binds an authenticator; another day asks for it', async ({ phone }) => {
  const guest = `guest-${Date.now() % 1_000_000}`
  const asker = await phone('admin')
  const other = await phone('admin-02')
  const third = await phone(guest)

  // Alone it is refused, and the refusal opens the form.
  asker.expectProblem(409)
  await asker.open('/sub-office/invite')
  await asker.page.getByText('人大工委', { exact: true }).first().click()
  await field(asker, '给谁').fill('邢主任')
  await tapUntil(button(asker, '生成邀请码'), asker.page.getByText('邀请邢主任做管理员'))
  await asker.page.getByRole('textbox').last().fill(`邢主任下月来工委，书记已经同意（${guest}）`)
  await asker.page.screenshot({ path: 'test-results/security-ask.png', fullPage: true })
  await button(asker, '提出申请').click()
  await expect(asker.page.getByText('您自己不能同意，换一部手机也不行。').first()).toBeVisible()

  await other.open('/sub-office/admin')
  await expect(other.page.getByText(/\d+ 件等您决定/)).toBeVisible()
  await other.page.getByRole('link', { name: '待我同意' }).click()
  await expect(other.page.getByText(guest).first()).toBeVisible()
  await other.page.screenshot({ path: 'test-results/security-waiting.png', fullPage: true })
  await other.page.getByRole('button', { name: '同意再邀请一位管理员', exact: true }).last().click()
  await other.page.locator('.uni-modal__btn_primary').click()
  await expect(other.page.getByText('已同意，已办').first()).toBeVisible()

  await asker.open('/sub-admin/agreements')
  await asker.page.reload({ waitUntil: 'networkidle' })
  const code = asker.page.getByText(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/).first()
  await expect(code).toBeVisible()
  await asker.page.screenshot({ path: 'test-results/security-agreed.png', fullPage: true })
  await third.open(`/pages/me/invite?code=${(await code.innerText()).replace('-', '')}`)
  await button(third, '开通身份').click()
  await expect(third.page.getByText('担任工作的人', { exact: true }).first()).toBeVisible()

  const { spare, secret } = await bind(third)

  // Another day: the session knows nothing of the factor, and what was asked goes on after the code.
  await anotherDay(third)
  third.expectProblem(403)
  third.expectProblem(422)
  await third.open('/sub-office/presets')
  await third.page.reload({ waitUntil: 'networkidle' })
  const sheet = third.page.getByRole('dialog', { name: '请再验证一次身份' })
  await expect(sheet).toBeVisible()
  await third.page.screenshot({ path: 'test-results/security-sheet.png', fullPage: true })
  await sheet.getByRole('textbox').or(sheet.getByRole('spinbutton')).fill('000000')
  await expect(sheet.getByText(/验证码不对，还可以试 \d 次/)).toBeVisible()
  await sheet.getByRole('button', { name: '手机不在身边？用恢复码' }).click()
  await sheet.getByRole('textbox').fill(spare[0]!)
  await sheet.getByText('确认', { exact: true }).click()
  await expect(third.page.getByText('最少提前')).toBeVisible()
  await third.open('/sub-admin/factor')
  await expect(third.page.getByText('还剩 7 个')).toBeVisible()
  await third.page.screenshot({ path: 'test-results/security-bound.png', fullPage: true })

  // The list of people says who has one.
  await asker.open('/sub-office/admin')
  await asker.page.reload({ waitUntil: 'networkidle' })
  await expect(async () => {
    await asker.page.mouse.wheel(0, 4000)
    await expect(asker.page.getByText('✓ 有验证器').last()).toBeVisible({ timeout: 1000 })
  }).toPass()
  await asker.page.screenshot({ path: 'test-results/security-people.png', fullPage: true })

  // The third one works on the desk, too. There the day begins without a code; what waits for an admin is shown all the same.
  const post = await api<{ code: string }>(asker, 'admin', 'POST', '/invites', { role: 'staff', scopeId: 1 })
  expect(post.status).toBe(200)
  expect((await api(third, guest, 'POST', '/invites/redeem', { code: post.body.code })).status).toBe(200)
  await asker.open('/sub-admin/exports')
  await expect(asker.page.getByText('预约（带姓名电话）', { exact: true }).first()).toBeVisible()
  await expect(asker.page.getByText(/要另一位管理员同意。最多 500 件/).first()).toBeVisible()
  await asker.page.screenshot({ path: 'test-results/security-lists.png', fullPage: true })
  await asker.page.getByRole('button', { name: '申请预约（带姓名电话）' }).click()
  await expect(asker.page.getByText('哪些日子见面的预约')).toBeVisible()
  await asker.page.getByRole('textbox').last().fill(`代表临时有事，逐个电话告诉（${guest}）`)
  await asker.page.screenshot({ path: 'test-results/security-booked.png', fullPage: true })
  await button(asker, '提出申请').click()
  await expect(asker.page.getByText(guest).first()).toBeVisible()

  await anotherDay(third)
  await third.open('/sub-staff/desk')
  await third.page.reload({ waitUntil: 'networkidle' })
  const waits = third.page.getByRole('link', { name: '待我同意' })
  await expect(waits).toContainText('要两位管理员同意')
  await third.page.screenshot({ path: 'test-results/security-desk.png' })
  await waits.click()
  await expect(third.page).toHaveURL(/sub-admin\/agreements/)
  await sheet.getByRole('button', { name: '关上' }).click() // not now

  // A list is taken away: the code is asked for, given from the authenticator, and the list is written.
  await third.open('/sub-staff/bookings?view=upcoming')
  await button(third, '导出预约').click()
  await button(third, '开始导出').click()
  await expect(sheet).toBeVisible()
  await third.page.screenshot({ path: 'test-results/security-export.png' })
  await sheet.getByRole('textbox').or(sheet.getByRole('spinbutton')).fill(await totp(third, secret, 1))
  await expect(third.page.getByText(/^共 \d+ 行，文件保留到/)).toBeVisible({ timeout: 15_000 })
  await third.page.waitForTimeout(600)
  const [file] = await Promise.all([third.page.waitForEvent('download'), button(third, '打开文件').click()])
  expect(await file.failure()).toBeNull()

  // And they agree to the other one's; who asked fetches it.
  await third.open('/sub-admin/agreements')
  const request = third.page.locator('.card').filter({ hasText: guest })
  await request.getByRole('button', { name: '同意导出带姓名电话的预约', exact: true }).click()
  await third.page.locator('.uni-modal__btn_primary').click()
  await expect(third.page.getByText('已同意，已办').first()).toBeVisible()
  await asker.open('/sub-admin/agreements')
  await asker.page.reload({ waitUntil: 'networkidle' })
  const mine = asker.page.locator('.card').filter({ hasText: guest }).filter({ hasText: '导出带姓名电话的预约' })
  const [list] = await Promise.all([asker.page.waitForEvent('download'), tapUntil(mine.getByRole('button', { name: '下载名单' }), asker.page.getByText('已打开'))])
  expect(list.suggestedFilename()).toMatch(/^预约（带姓名电话）-\d{8}-\d{4}\.xlsx$/)
  await list.saveAs('test-results/booking_contacts.xlsx')
})
