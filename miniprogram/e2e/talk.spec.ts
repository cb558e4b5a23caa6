import { expect, field, tapUntil, test, type Phone } from './phone'

// A group talk from the wish of a community to a seat that was given up and found its next owner.

// Stories may be told again to the same server.
const mark = String(Date.now() % 1_000_000)
const topic = `冬季健康保健 ${mark}`
const button = ({ page }: Phone, name: string | RegExp) => page.getByRole('button', { name, exact: true }).locator('visible=true')
const radio = ({ page }: Phone, name: string | RegExp) => page.getByRole('radio', { name, exact: true }).locator('visible=true')
const says = (p: Phone, text: string | RegExp) => expect(p.page.getByText(text).locator('visible=true').first()).toBeVisible()

/** WeChat's prompt opens after the tap that asks for it. */
const allow = (p: Phone) => button(p, '允许').click()

/** Opens the talk as a resident finds it, and asks for so many people. */
async function find(p: Phone, people: number) {
  await p.open('/pages/home/home')
  await p.page.getByRole('link', { name: /^讲座/ }).locator('visible=true').click()
  await p.page.locator('.talk').filter({ hasText: topic }).locator('visible=true').click()
  await says(p, '几个人来')
  for (let n = 1; n < people; n++) await button(p, '多一个').click()
}

test('a community asks → the deputy sets the time → residents fill it → the next one waits → a seat is given up → offered → taken', async ({ phone }) => {
  const community = await phone('community')
  await community.open('/sub-office/community')
  await community.page.getByRole('link', { name: '请代表办讲座' }).click()
  await community.page.getByLabel('想请代表讲什么').last().locator('input').fill(topic)
  await community.page.getByLabel('为什么想听').last().locator('textarea').fill('应选民要求，想请代表来讲讲血压和睡眠。')
  await radio(community, '林晓慧').click()
  await radio(community, '周末下午').click()
  await radio(community, '20 个').click()
  await button(community, '提出这场讲座').click()
  await says(community, '等代表或联络站定时间')
  const address = community.page.url().split('#')[1] ?? ''

  // A proposal is nobody else's business.
  const stranger = await phone(`curious-${mark}`)
  stranger.expectProblem(404)
  await stranger.open(address)
  await says(stranger, /没有找到/)

  const deputy = await phone('deputy')
  await deputy.open('/sub-deputy/talks?as=deputy')
  await deputy.page.getByRole('link', { name: new RegExp(topic) }).click()
  await button(deputy, '定时间地点').click()
  await button(deputy, '定时间地点').click()
  await says(deputy, '请选日期和几点开始。')
  await button(deputy, '选日期').click()
  await deputy.page.locator('.uni-picker-action-confirm:visible').click()
  await radio(deputy, '下午').click()
  await radio(deputy, '12:00').click()
  await radio(deputy, '1 小时').click()
  await deputy.page.getByLabel('社区的地方').last().locator('input').fill('书香苑居民活动中心一楼')
  await deputy.page.getByLabel('多少座位').last().locator('input').fill('5')
  await button(deputy, /^定在/).click()
  await says(deputy, /还有 5 个座位/)

  await community.open('/pages/inbox/inbox')
  await says(community, '讲座定下来了')

  // Three and two people: full.
  const family = await phone(`family-${mark}`)
  await find(family, 3)
  await button(family, '报名（3 人）').click()
  await allow(family)
  await says(family, '约好了')
  await says(family, '书香苑居民活动中心一楼')
  const pair = await phone(`pair-${mark}`)
  await find(pair, 3)
  await says(pair, /只剩 2 个座位/)
  await button(pair, '少一个').click()
  await button(pair, '报名（2 人）').click()
  await allow(pair)
  await says(pair, '约好了')

  const late = await phone(`late-${mark}`)
  await find(late, 1)
  await says(late, '座位已满。')
  await button(late, '候补（1 人）').click()
  await allow(late)
  await says(late, '您排在第一位')

  // Who comes is for the deputy to see, and how many for the community.
  await deputy.open(address)
  await says(deputy, '2 家，共 5 人')
  await community.open(address)
  await says(community, '已报 5 个')
  await expect(community.page.getByText('报名的人')).toHaveCount(0)

  await pair.open(address)
  await says(pair, '您报了名，2 人')
  await button(pair, '取消预约').click()
  await button(pair, '取消预约').last().click()
  await says(pair, '几个人来')

  await late.open('/pages/home/home')
  await late.page.getByRole('link', { name: new RegExp(`有位子了，${topic}`) }).click()
  await button(late, '我要这个位子').click()
  await says(late, '约好了')
  await late.open(address)
  await says(late, '您报了名，1 人')

  // One seat is left, and somebody without WeChat stands at the desk.
  const staff = await phone('staff')
  await staff.open(address)
  await button(staff, '给没有微信的选民报名').click()
  await field(staff, '选民的电话').fill(`137${mark.padStart(8, '0')}`)
  await says(staff, /是新来的/)
  await field(staff, '姓名').fill(`方桂${mark}`)
  await staff.page.getByRole('checkbox', { name: '已读给选民听，对方同意' }).click()
  await tapUntil(button(staff, '登记（1 人）'), staff.page.getByText('签到码，写给选民带走'))
  await staff.open(address)
  await says(staff, '3 家，共 5 人')
  await expect(button(staff, '给没有微信的选民报名')).toHaveCount(0)

  // The hall lost its power: everybody is told why.
  await community.open(address)
  await button(community, '取消').click()
  await community.page.getByLabel('原因').last().locator('textarea').fill('活动中心停电')
  await button(community, '取消').last().click()
  await says(community, '已取消')
  for (const p of [family, late]) {
    await p.open('/pages/inbox/inbox')
    await says(p, new RegExp(`讲座报名取消了：${topic}`))
    await says(p, /活动中心停电/)
  }
})
