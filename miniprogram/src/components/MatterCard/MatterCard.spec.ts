import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import type { Booking, Report, Wait } from '@/api/types'
import { fakeUni } from '../../../tests/fake-uni'
import { cardOfBooking, cardOfReport, cardOfWait, matterPage } from './matter'
import MatterCard from './MatterCard.vue'

const booking = {
  id: 7, number: '2026-0007', stateName: '待答复', tone: 'waiting', topic: '睡不好', serviceName: '面谈', timeText: '明天上午 9:00', stationName: '中心站',
  next: '等代表答复', deputy: { name: '沈若兰' }, actions: [],
} as unknown as Booking

const opened: string[] = []
beforeEach(() => {
  setActivePinia(createPinia())
  opened.length = 0
  Object.assign(fakeUni().uni, { navigateTo: (o: { url: string }) => void opened.push(o.url) })
  Object.assign(globalThis, { getCurrentPages: () => [] })
})

it('names the deputy to the resident, the resident to who works on it', () => {
  expect(cardOfBooking(booking).title).toBe('沈若兰代表 · 睡不好')
  expect(cardOfBooking({ ...booking, resident: { name: '王阿姨' } }).title).toBe('王阿姨 · 睡不好')
})

it('sends nobody to the station for a call', () => {
  expect(cardOfBooking(booking).about).toBe('明天上午 9:00 · 中心站')
  expect(cardOfBooking({ ...booking, service: 'phone', serviceName: '电话' }).about).toBe('明天上午 9:00 · 电话')
})

it('never puts a reporter on a card', () => {
  const report = { id: 1, number: '1', category: { name: '道路积水' }, body: '积水', place: { text: '门口' }, createdAt: '2026-11-23T09:00:00+08:00', reporter: { name: '王阿姨' } } as unknown as Report
  expect(JSON.stringify(cardOfReport(report))).not.toContain('王阿姨')
})

it('shows number, state in words, and the next step; opens by its words', async () => {
  const card = mount(MatterCard, { props: { matter: cardOfBooking(booking) } })
  for (const words of ['2026-0007', '待答复', '等代表答复', '明天上午 9:00']) expect(card.text()).toContain(words)
  await card.find('[role=link]').trigger('click')
  expect(opened).toEqual(['/pages/booking/detail?id=7'])
  expect(matterPage({ kind: 'report', id: 3 })).toBe('/pages/report/detail?id=3')
})

it('opens each kind on its own page', () => {
  expect(['booking', 'report', 'talk', 'wait'].map((kind) => matterPage({ kind, id: 3 }))).toEqual([
    '/pages/booking/detail?id=3',
    '/pages/report/detail?id=3',
    '/pages/talk/detail?id=3',
    '/pages/booking/wait?id=3',
  ])
})

it('shows a place in a line by what is waited for', () => {
  const wait = { id: 5, deputyName: '沈若兰', topic: '心理健康', stateName: '候补中', tone: 'waiting', timeText: '明天', stationName: '中心站', next: '您排在第一位', actions: [] } as unknown as Wait
  const card = mount(MatterCard, { props: { matter: cardOfWait(wait) } })
  for (const words of ['候补', '沈若兰代表 · 心理健康', '您排在第一位']) expect(card.text()).toContain(words)
  expect(cardOfWait({ ...wait, talkTopic: '冬季养生' }).title).toBe('冬季养生')
})
