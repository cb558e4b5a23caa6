import { describe, expect, it } from 'vitest'
import type { Action, Booking } from '@/api/types'
import { cardForDeputy, partsOf, rowActions } from './day'

const action = (command: string): Action => ({ command, label: command, primary: false, danger: false, needs: [], takes: [], confirm: '' })
const booking = (id: number, start: string, more: Partial<Booking> = {}): Booking =>
  ({ id, start, end: start.replace(':00:00', ':30:00'), state: 'confirmed', actions: [], deputy: { id: 1, name: '林', levelName: '', photoId: '' }, timeText: '', ...more }) as Booking
const ids = (bookings: Booking[]) => bookings.map((b) => b.id)

// Thursday, 26 November 2026, 10:00 in China.
const now = new Date('2026-11-26T10:00:00+08:00')

describe('partsOf', () => {
  const met = { actions: [action('complete')] }

  it('puts each booking into one part, though the server may send it twice', () => {
    const today = booking(1, '2026-11-26T15:00:00+08:00')
    const parts = partsOf({ waiting: [], today: [today], upcoming: [today, booking(2, '2026-11-27T09:00:00+08:00')] }, now)
    expect(ids(parts.today)).toEqual([1])
    expect(ids(parts.week)).toEqual([2])
  })

  it('asks for the record of what is over, today or earlier, and only then', () => {
    const parts = partsOf({
      waiting: [],
      today: [booking(1, '2026-11-26T09:00:00+08:00', met), booking(2, '2026-11-26T14:00:00+08:00')],
      upcoming: [booking(3, '2026-11-24T09:00:00+08:00', met), booking(4, '2026-11-26T10:00:00+08:00', met)],
    }, now)
    expect(ids(parts.records)).toEqual([1, 3])
    expect(ids(parts.today)).toEqual([2, 4])
  })

  it('ends the week on Sunday, by China’s days', () => {
    const parts = partsOf({
      waiting: [],
      today: [],
      upcoming: [booking(1, '2026-11-29T19:00:00+08:00'), booking(2, '2026-11-30T08:00:00+08:00')],
    }, now)
    expect(ids(parts.week)).toEqual([1])
    expect(ids(parts.later)).toEqual([2])
    const sunday = partsOf({ waiting: [], today: [], upcoming: [booking(3, '2026-11-30T08:00:00+08:00')] }, new Date('2026-11-29T23:30:00+08:00'))
    expect(ids(sunday.later)).toEqual([3])
    expect(sunday.week).toEqual([])
  })

  it('keeps what the resident must choose apart', () => {
    const parts = partsOf({ waiting: [], today: [], upcoming: [booking(1, '2026-11-26T09:00:00+08:00', { state: 'countered' })] }, now)
    expect(ids(parts.asked)).toEqual([1])
    expect(parts.today).toEqual([])
  })
})

it('cancels what is agreed only on its own page', () => {
  const b = booking(1, '2026-11-26T09:00:00+08:00', { actions: [action('cancel'), action('complete')] })
  expect(rowActions(b).map((a) => a.command)).toEqual(['complete'])
})

it('says which time was offered', () => {
  const offer = { start: '', end: '', timeText: '明天上午 9:00' }
  expect(cardForDeputy(booking(1, '2026-11-26T09:00:00+08:00', { offer })).about).toContain('明天上午 9:00')
})
