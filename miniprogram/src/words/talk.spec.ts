import { describe, expect, it } from 'vitest'
import type { Talk } from '@/api/types'
import { beginnings, clockOf, seated, seatsWord, spanOf, wayIn } from './talk'

const talk = (more: Partial<Talk>) => ({ signUp: true, left: 10, tone: 'done', stateName: '可以报名', ...more }) as Talk

describe('words of a talk', () => {
  it('says how many seats are left while they can be had', () => {
    expect(seatsWord(talk({}))).toEqual({ tone: 'done', word: '还有 10 个座位' })
    expect(seatsWord(talk({ left: 5 }))).toEqual({ tone: 'waiting', word: '只剩 5 个座位' })
    expect(seatsWord(talk({ left: 0 }))).toEqual({ tone: 'told', word: '已满，可以候补' })
    expect(seatsWord(talk({ signUp: false, tone: 'told', stateName: '已取消' }))).toEqual({ tone: 'told', word: '已取消' })
  })

  it('leads to seats, or to the line when there are not enough', () => {
    expect(wayIn(talk({ left: 2 }), 2)).toBe('seats')
    expect(wayIn(talk({ left: 2 }), 3)).toBe('line')
    expect(wayIn(talk({ signUp: false }), 1)).toBeUndefined()
    expect(wayIn(talk({ booking: { state: 'confirmed' } as Talk['booking'] }), 1)).toBeUndefined()
    expect(wayIn(talk({ wait: { state: 'waiting' } as Talk['wait'] }), 1)).toBeUndefined()
    expect(wayIn(talk({ booking: { state: 'cancelled' } as Talk['booking'] }), 1)).toBe('seats')
    expect(seated(talk({}))).toBe(false)
  })

  it('offers half hours of the day, on a clock of twelve hours', () => {
    expect(beginnings.map((b) => [b.part, clockOf(b.minutes[0] ?? 0), clockOf(b.minutes.at(-1) ?? 0)])).toEqual([
      ['上午', '8:00', '11:30'],
      ['下午', '12:00', '5:30'],
      ['晚上', '6:00', '8:00'],
    ])
  })

  it('keeps China’s time', () => {
    expect(spanOf('2026-12-01', 19 * 60, 90)).toEqual({ start: '2026-12-01T19:00:00+08:00', end: '2026-12-01T20:30:00+08:00' })
  })
})
