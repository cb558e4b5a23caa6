import { describe, expect, it } from 'vitest'
import type { Reoffered, Station } from '@/api/types'
import { unbroken } from '@/words/time'
import { bodyOf, daysWord, emptyHours, instant, lacking, leaveSpan, leaveWord, mondayOf, quarters, slotsOf, weeksFrom, withDay } from './schedule'

const station = { id: 1, name: '中心站', rooms: [{ id: 4, name: '接待室' }] } as Station

describe('hours', () => {
  it('lie between 6:00 and 22:00 in quarters', () => {
    expect([quarters[0], quarters[1], quarters[quarters.length - 1]]).toEqual(['6:00', '6:15', '22:00'])
  })

  it.each([
    [{ from: '9:00', to: '10:30', slotMinutes: 30, pauseMinutes: 0 }, ['9:00–9:30', '9:30–10:00', '10:00–10:30']],
    [{ from: '14:00', to: '16:00', slotMinutes: 30, pauseMinutes: 15 }, ['14:00–14:30', '14:45–15:15', '15:30–16:00']],
    [{ from: '9:00', to: '9:45', slotMinutes: 60, pauseMinutes: 0 }, []],
  ])('%j gives %j', (f, want) => expect(slotsOf(f)).toEqual(want.map(unbroken)))

  it('need a room where there are rooms, and none for a call', () => {
    const form = emptyHours(1, station.rooms)
    expect(lacking(form, station, false)).toEqual({})
    expect(lacking({ ...form, roomId: 9 }, station, false)).toEqual({ roomId: '请选择房间。' })
    expect(lacking({ ...form, roomId: 0, service: 'phone' }, station, false)).toEqual({})
    expect(bodyOf({ ...form, service: 'phone' }).roomId).toBe(0)
    expect(lacking(form, undefined, true)).toMatchObject({ date: '请选择哪一天。', stationId: '请选择联络站。' })
    expect(lacking({ ...form, to: '9:00' }, station, false)).toEqual({ to: '结束要比开始晚。' })
    expect(lacking({ ...form, to: '9:15' }, station, false)).toHaveProperty('to')
  })
})

describe('leave', () => {
  const form = { whole: true, from: '2026-11-30', to: '2026-12-01', fromClock: '9:00', toClock: '11:30' }

  it('ends at midnight after its last whole day', () => expect(leaveSpan(form)).toEqual({ from: '2026-11-30T00:00:00+08:00', to: '2026-12-02T00:00:00+08:00' }))
  it('may be some hours of one day', () =>
    expect(leaveSpan({ ...form, whole: false })).toEqual({ from: '2026-11-30T09:00:00+08:00', to: '2026-11-30T11:30:00+08:00' }))
  it('has two ends in their order', () => {
    expect(leaveSpan({ ...form, from: '' })).toBe('请选择哪一天。')
    expect(leaveSpan({ ...form, whole: false, toClock: '9:00' })).toBe('结束要比开始晚。')
  })
  it('says to how many it is told', () => {
    expect(leaveWord([])).toBe('确定请假')
    expect(leaveWord([{}, {}] as Reoffered[])).toBe('确定请假，告诉这 2 位选民')
  })
})

describe('days', () => {
  it('are tapped as the first and the last', () => {
    expect(withDay('', '', '2026-11-25')).toEqual({ from: '2026-11-25', to: '2026-11-25' })
    expect(withDay('2026-11-25', '2026-11-25', '2026-11-27')).toEqual({ from: '2026-11-25', to: '2026-11-27' })
    expect(withDay('2026-11-25', '2026-11-27', '2026-11-26')).toEqual({ from: '2026-11-26', to: '2026-11-26' })
    expect(withDay('2026-11-25', '2026-11-25', '2026-11-24')).toEqual({ from: '2026-11-24', to: '2026-11-24' })
    expect(daysWord('2026-11-30', '2026-12-01')).toBe('11月30日 周一 – 12月1日 周二，2 天')
    expect(daysWord('2026-11-25', '2026-11-25')).toBe('11月25日 周三，1 天')
    expect(weeksFrom('2026-11-25', 2).map((w) => [w[0], w[6]])).toEqual([['2026-11-23', '2026-11-29'], ['2026-11-30', '2026-12-06']])
  })
  it.each([
    ['2026-11-24', '2026-11-23'],
    ['2026-11-23', '2026-11-23'],
    ['2026-11-29', '2026-11-23'],
    ['2027-01-02', '2026-12-28'],
  ])('%s lies in the week of %s', (day, monday) => expect(mondayOf(day)).toBe(monday))
  it('are told in China’s time', () => expect(instant('2026-11-25', '9:15')).toBe('2026-11-25T09:15:00+08:00'))
})
