import { describe, expect, it } from 'vitest'
import { clock, dateAfter, dayName, dayPart, fullTime, hourText, moment, range, spoken, unbroken, whole } from './time'

// 23:30 in China on the 23rd, still the 23rd in UTC.
const now = new Date('2026-11-23T15:30:00Z')

describe('time in people’s words, on China’s clock', () => {
  it.each([
    ['2026-11-23T09:05:00+08:00', '今天 9:05'],
    ['2026-11-23T16:00:00Z', '明天 0:00'],
    ['2026-11-22T23:59:00+08:00', '昨天 23:59'],
    ['2026-11-27T17:00:00+08:00', '11月27日 17:00'],
    ['2025-12-31T17:00:00+08:00', '2025年12月31日 17:00'],
  ])('%s is %s', (time, words) => expect(moment(time, now)).toBe(words))

  it('knows parts of the day', () => {
    expect(['11:59', '12:00', '18:00'].map((t) => dayPart(`2026-11-24T${t}:00+08:00`))).toEqual(['上午', '下午', '晚上'])
    expect(clock('2026-11-24T01:30:00Z')).toBe('9:30')
    expect(['05:59', '06:00', '12:30', '13:00', '18:00'].map((t) => hourText(`2026-11-24T${t}:00+08:00`))).toEqual(['凌晨 5:59', '上午 6:00', '中午 12:30', '下午 1:00', '晚上 6:00'])
  })

  it('says a slot aloud, and writes it whole', () => {
    expect(spoken('2026-11-24T09:00:00+08:00', now)).toBe('明天 上午 9:00')
    expect(fullTime('2026-11-24T09:00:00+08:00')).toBe('11月24日 周二 上午 9:00')
    expect(fullTime('2026-11-24T15:30:00+08:00')).toBe('11月24日 周二 下午 3:30')
  })

  it('keeps a range on one line, and nothing else', () => {
    expect(unbroken('周三 上午 9:00–9:30，11:30–下午 1:00')).toBe('周三 上午 9:00–\u20609:30，11:30–下午 1:00')
    expect(range('9:00', '9:30')).toBe('9:00–\u20609:30')
    expect(whole(unbroken('9:00–9:30'))).toBe('9:00–9:30')
  })

  it('names a day', () => {
    expect(['2026-11-22', '2026-11-23', '2026-11-24', '2026-11-25', '2026-11-27'].map((d) => dayName(d, now))).toEqual(['昨天 周日', '今天 周一', '明天 周二', '后天 周三', '11月27日 周五'])
  })

  it('takes China’s date for today', () => {
    expect(dateAfter(0, new Date('2026-11-23T16:30:00Z'))).toBe('2026-11-24')
    expect(dateAfter(7, now)).toBe('2026-11-30')
  })
})
