import { expect, it } from 'vitest'
import type { Booking, DayTalk } from '@/api/types'
import { byRoom, freeSoon, flagsOf, rowsOf, rowsOfDeputy } from './daybook'

const at = (hour: number) => `2026-11-25T${String(hour).padStart(2, '0')}:00:00+08:00`
const booking = (id: number, hour: number, more: Partial<Booking> = {}) =>
  ({ id, start: at(hour), state: 'confirmed', deputy: { name: '林晓慧' }, roomName: '小屋一号', waiting: '', objection: '', displaced: false, ...more }) as Booking
const talk = { id: 4, start: at(10), deputyName: '周启航', roomName: '活动室', placeText: '' } as DayTalk

it('orders the day by time, an offered time and the seats of a talk in their places', () => {
  const rows = rowsOf({
    bookings: [booking(1, 11), booking(2, 9), booking(3, 20, { offer: { start: at(10), end: at(11), timeText: '' } }), booking(5, 10, { talkId: 4 }), booking(6, 15, { talkId: 99 })],
    talks: [talk],
  })
  expect(rows.map((r) => r.key)).toEqual(['b2', 't4', 'b3', 'b1', 'b6'])
  const of4 = rows[1]
  expect(of4?.kind === 'talk' && of4.seats.map((b) => b.id)).toEqual([5])
  expect(rowsOfDeputy(rows, '周启航').map((r) => r.key)).toEqual(['t4'])
})

it('groups by room, what needs none last', () => {
  const rows = rowsOf({ bookings: [booking(1, 9, { roomName: '' }), booking(2, 10), booking(3, 11, { roomName: '' })], talks: [talk] })
  expect(byRoom(rows).map((g) => [g.name, g.rows.map((r) => r.key)])).toEqual([
    ['活动室', ['t4']],
    ['小屋一号', ['b2']],
    ['不用房间', ['b1', 'b3']],
  ])
})

it('says why a booking is the desk’s', () => {
  const words = (more: Partial<Booking>) => flagsOf(booking(1, 9, more)).map((f) => f.word)
  expect(words({})).toEqual([])
  expect(words({ state: 'requested', waiting: 'deputy' })).toEqual([])
  expect(words({ state: 'requested', waiting: 'staff' })).toEqual(['代表没答复，转来的'])
  expect(words({ state: 'requested', waiting: 'staff', byDesk: true, reach: 'phone' })).toEqual(['代约的，等确认', '没有微信，请电话告诉'])
  expect(words({ state: 'requested', waiting: 'staff', displaced: true })).toEqual(['代表有事，要另约'])
  expect(words({ state: 'no_show', waiting: 'staff', objection: 'pending' })).toEqual(['有异议，请核实'])
})

it('says who can be seen today, the soonest first, each once', () => {
  const at = (start: string) => ({ start })
  const deputies = [
    { id: 1, name: '沈', free: [at('2026-11-25T10:30:00+08:00'), at('2026-11-25T11:00:00+08:00')] },
    { id: 2, name: '林', free: [] },
    { id: 3, name: '周', free: [at('2026-11-25T09:30:00+08:00')] },
  ]
  expect(freeSoon({ deputies } as never).map((f) => [f.id, f.slot.start.slice(11, 16)])).toEqual([[3, '09:30'], [1, '10:30']])
  expect(freeSoon({ deputies } as never, 1)).toHaveLength(1)
})
