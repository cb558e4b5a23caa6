import { describe, expect, it } from 'vitest'
import { emptyJoin, joinable, joinBody, lacking } from './join'

const whole = { phone: ' 13800138000 ', accountPhone: ' ', earlierId: 7, accountId: 9, consent: true }

describe('joining at the desk', () => {
  it('is not asked for before both are chosen and the consent was read', () => {
    expect(Object.keys(lacking(emptyJoin()))).toEqual(['phone', 'earlier', 'account', 'consent'])
    expect(lacking({ ...whole, consent: false })).toEqual({ consent: '请把这段话读给本人听，对方同意了再勾上。' })
    expect(lacking(whole)).toEqual({})
  })

  it('names both by the numbers that were typed', () => {
    expect(joinBody(whole)).toEqual({ phone: '13800138000', accountPhone: '', earlierId: 7, accountId: 9, consent: true, how: 'face' })
  })

  it('tells two of one surname apart by what is theirs', () => {
    const people = [
      { id: 1, name: '王＊＊', reports: 2, bookings: 0 },
      { id: 2, name: '王＊＊', reports: 1, bookings: 3 },
      { id: 3, name: '', reports: 0, bookings: 0 },
    ]
    expect(joinable(people, '没写称呼').map((p) => p.name)).toEqual(['王＊＊（2 件反映）', '王＊＊（1 件反映、3 个预约）', '没写称呼'])
  })
})
