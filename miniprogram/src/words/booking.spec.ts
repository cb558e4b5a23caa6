import { expect, it } from 'vitest'
import type { Booking, Wait } from '@/api/types'
import { fellThrough, grouped, objectionWords, plainState, plainWait } from './booking'

const booking = (over: Partial<Booking>) => ({ state: 'requested', waiting: 'deputy', deputy: { name: '林晓慧' }, displaced: false, absentSide: '', objection: '', stars: 0, ...over }) as Booking

it('says whose turn it is', () => {
  expect(plainState(booking({}))).toBe('已经告诉林晓慧代表，等答复')
  expect(plainState(booking({ waiting: 'staff' }))).toContain('联络站正在跟进')
  expect(plainState(booking({ waiting: 'staff', displaced: true }))).toContain('另约')
  expect(plainState(booking({ state: 'confirmed' }))).toBe('约好了')
  expect(plainState(booking({ state: 'confirmed', displaced: true }))).not.toContain('约好了')
})

it('never blames for a deputy who did not come', () => {
  expect(plainState(booking({ state: 'no_show', absentSide: 'deputy' }))).toContain('代表没有到')
  expect(plainState(booking({ state: 'no_show', absentSide: 'resident' }))).toContain('您没有到')
})

it('offers to begin again after what was not the resident’s doing, or their own cancelling', () => {
  const over = (['requested', 'countered', 'confirmed', 'checked_in', 'completed', 'declined', 'cancelled', 'expired'] as const).filter((state) => fellThrough(booking({ state })))
  expect(over).toEqual(['declined', 'cancelled', 'expired'])
  expect(fellThrough(booking({ state: 'no_show', absentSide: 'resident' }))).toBe(false)
  expect(fellThrough(booking({ state: 'no_show', absentSide: 'deputy' }))).toBe(true)
})

it('tells what became of an objection', () => {
  expect([booking({}), booking({ objection: 'pending' }), booking({ objection: 'upheld' })].map((b) => objectionWords(b).slice(0, 5))).toEqual(['', '您的异议已', '联络站核实'])
})

it('says where one stands in the line', () => {
  expect(plainWait({ state: 'waiting', ahead: 2 } as Wait)).toBe('前面还有 2 位')
  expect(plainWait({ state: 'waiting', ahead: 0 } as Wait)).toBe('您排在第一位')
})

it('groups the digits of a code', () => expect(grouped('123456')).toBe('123 456'))
