import { describe, expect, it } from 'vitest'
import type { Booking } from '@/api/types'
import { belongsInCalendar, entryOf } from './entry'

const booking = {
  id: 7,
  number: '2026-0007',
  service: 'talk_one',
  serviceName: '面谈',
  deputy: { id: 1, name: '林晓', levelName: '', photoId: '' },
  placeText: '中心站接待室',
  stationAddress: '和平路 1 号',
  start: '2026-11-25T09:00:00+08:00',
  end: '2026-11-25T09:30:00+08:00',
} as Booking

describe('belongsInCalendar', () => {
  const agreed = { ...booking, state: 'confirmed', displaced: false } as Booking
  const forWorker = { ...agreed, resident: { name: '王秀兰' } } as Booking

  it.each([
    ['the resident', agreed, [], true],
    ['their deputy', forWorker, [{ role: 'deputy', scopeId: 1 }], true],
    ['another deputy', forWorker, [{ role: 'deputy', scopeId: 2 }], false],
    ['the desk', forWorker, [{ role: 'staff', scopeId: 1 }], false],
    ['nobody, while it waits', { ...agreed, state: 'requested' } as Booking, [], false],
    ['nobody, when the deputy cannot', { ...agreed, displaced: true } as Booking, [], false],
  ])('is for %s', (_who, b, roles, want) => expect(belongsInCalendar(b, roles)).toBe(want))
})

describe('entryOf', () => {
  it('tells the resident whom they meet and where', () =>
    expect(entryOf(booking)).toMatchObject({ title: '见林晓代表（面谈）', place: '中心站接待室 和平路 1 号', start: booking.start, end: booking.end }))
  it('tells the deputy nothing of the resident', () => expect(entryOf({ ...booking, resident: { name: '王秀兰' }, topic: '邻里' } as Booking).title).toBe('接待选民：面谈'))
  it('is a call, a talk, or the time that was offered', () => {
    expect(entryOf({ ...booking, service: 'phone', serviceName: '电话' } as Booking)).toMatchObject({ title: '林晓代表来电', place: '电话' })
    expect(entryOf({ ...booking, talkTopic: '睡得好' } as Booking).title).toBe('讲座：睡得好')
    expect(entryOf({ ...booking, offer: { start: 'a', end: 'b', timeText: '' } } as Booking)).toMatchObject({ start: 'a', end: 'b' })
  })
})
