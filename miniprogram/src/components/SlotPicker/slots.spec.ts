import { describe, expect, it } from 'vitest'
import type { Day, Slot } from '@/api/types'
import { dayWord, daysOf, firstDay, ownPage, placesOf, slotState, slotWord } from './slots'

const slot = (over: Partial<Slot> = {}) => ({ start: '2026-11-24T09:00:00+08:00', service: 'talk_one', serviceName: '面谈', free: true, closed: false, queued: false, ...over }) as Slot
const taken = slot({ free: false })
const queued = slot({ free: false, queued: true })
const closed = slot({ free: false, closed: true })
const booked = { deputyId: 1, start: '2026-11-24T09:00:00+08:00', bookingId: 7 }
const waited = { deputyId: 1, start: '2026-11-24T09:00:00+08:00', waitId: 8 }
const day = (date: string, slots: Slot[], note = ''): Day => ({ date, label: date, note, free: slots.filter((s) => s.free).length, slots })

describe('a time', () => {
  it('is one of four', () => expect([slot(), taken, queued, closed].map(slotState)).toEqual(['free', 'full', 'queued', 'closed']))
  it('is the looker’s own, however full or late', () => {
    const own = [booked, waited].map((o) => ({ ...queued, own: o }))
    expect(own.map(slotState)).toEqual(['booked', 'waited'])
    expect(own.map((s) => slotWord(s, true))).toEqual(['您已约', '您在候补'])
    expect(slotWord({ ...closed, own: booked }, true)).toBe('您已约')
    expect([booked, waited].map(ownPage)).toEqual(['/pages/booking/detail?id=7', '/pages/booking/wait?id=8'])
  })
  it('closed stays closed, whoever waits', () => expect(slotState(slot({ free: false, queued: true, closed: true }))).toBe('closed'))
  it('says so, and offers the line only to who may join it', () => {
    expect([slot(), taken, queued, closed].map((s) => slotWord(s, true))).toEqual(['面谈', '约满 · 可候补', '有人候补', '已截止'])
    expect([taken, queued].map((s) => slotWord(s, false))).toEqual(['约满', '约满'])
  })
})

describe('days', () => {
  it('count free times of the service, and never talks', () => {
    const days = daysOf([day('d', [slot(), slot({ service: 'phone' }), slot({ service: 'group_talk' })])], '')
    expect([days[0]?.free, days[0]?.slots.map((s) => s.service)]).toEqual([2, ['talk_one', 'phone']])
    expect(daysOf(days, 'phone')[0]?.free).toBe(1)
  })
  it('show the looker’s own among the rest', () => {
    const days = daysOf([day('d', [taken, slot({ start: 'x', free: false })])], '', [booked])
    expect(days[0]?.slots.map((s) => slotWord(s, true))).toEqual(['您已约', '约满 · 可候补'])
    const all = daysOf([day('1', [taken]), day('2', [slot({ start: 'x', free: false })])], '', [booked])
    expect(all.map((d) => dayWord(d, true))).toEqual(['您已约', '可候补'])
    expect(firstDay(all, '', true)).toBe('2')
  })
  it('say why nothing is free', () => {
    expect(dayWord(day('d', [slot(), slot(), taken]), true)).toBe('2 个空')
    expect(dayWord(day('d', [closed], '已截止'), true)).toBe('已截止')
    expect(dayWord(day('d', []), true)).toBe('不接待')
    expect([dayWord(day('d', [closed, taken]), true), dayWord(day('d', [closed, taken]), false)]).toEqual(['可候补', '约满'])
  })
  it('open where something can be chosen', () => {
    const days = [day('1', [closed]), day('2', [taken]), day('3', [slot()]), day('4', [slot({ start: 'x' })])]
    expect(firstDay(days, '', true)).toBe('3')
    expect(firstDay(days, 'x', true)).toBe('4')
    expect(firstDay(days.slice(0, 2), '', true)).toBe('2')
    expect(firstDay(days.slice(0, 2), '', false)).toBe('1')
    expect(firstDay([], '', true)).toBe('')
  })
})

describe('places', () => {
  const at = (stationName: string, service: Slot['service'] = 'talk_one') => slot({ stationName, roomName: '一号', service })
  it('are said once each', () => expect(placesOf([at('甲站'), at('甲站'), at('乙站')])).toBe('甲站 一号、乙站 一号'))
  it('are none for a call: nobody goes to the station for it', () => {
    expect(placesOf([at('甲站', 'phone')])).toBe('')
    expect(placesOf([at('甲站', 'phone'), at('乙站')])).toBe('乙站 一号')
  })
})
