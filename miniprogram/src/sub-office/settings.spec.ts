import { describe, expect, it } from 'vitest'
import type { Preset, SpecialityWords, YearDay } from '@/api/types'
import { changedWord, dayWord, grouped, homeWords, hoursOf, places, spans, wrongValue } from './settings'

const preset = (over: Partial<Preset>): Preset => ({ name: 'x', group: '预约', title: '最多提前', unit: '天', meaning: '', min: 1, max: 90, default: 30, value: 30, changedBy: '', ...over })

describe('presets', () => {
  it('marks what is not as it came', () => {
    expect(changedWord(preset({}))).toBe('')
    expect(changedWord(preset({ value: 14 }))).toBe('已改，默认 30')
    // Changed and changed back is nothing to mark.
    expect(changedWord(preset({ changedAt: '2026-11-23T09:00:00+08:00' }))).toBe('')
  })

  it('groups in the order of the server', () => {
    const groups = grouped([preset({ name: 'a' }), preset({ name: 'b', group: '提醒' }), preset({ name: 'c' })])
    expect(groups.map((g) => [g.name, g.presets.map((p) => p.name)])).toEqual([['预约', ['a', 'c']], ['提醒', ['b']]])
  })

  it('takes whole numbers within the bounds only', () => {
    for (const good of ['1', '90', ' 30 ']) expect(wrongValue(preset({}), good), good).toBe('')
    for (const bad of ['', '0', '91', '-1', '1.5', '3e1', '三十', '99999999999']) expect(wrongValue(preset({}), bad), bad).toContain('1 到 90')
  })
})

const day = (date: string, over: Partial<YearDay> = {}): YearDay => ({ date, label: date.slice(5), workday: false, name: '国庆节', asWeekday: -1, own: false, published: '国庆节放假', changedBy: '', bookings: 0, past: false, ...over })

describe('calendar', () => {
  it('says what a day is', () => {
    expect(dayWord(day('2026-10-01'))).toBe('放假 · 国庆节')
    expect(dayWord({ workday: false, name: '', asWeekday: -1 })).toBe('放假')
    expect(dayWord({ workday: true, name: '', asWeekday: -1 })).toBe('上班')
    expect(dayWord({ workday: true, name: '调休', asWeekday: 0 })).toBe('上班，按周日的时间接待 · 调休')
    for (const choice of hoursOf.slice(1)) expect(dayWord({ workday: true, name: '', asWeekday: choice.id })).toContain(choice.name)
  })

  it('joins days that follow each other and say the same', () => {
    const found = spans([day('2026-09-30'), day('2026-10-01', { past: true }), day('2026-10-02'), day('2026-10-04'), day('2026-10-05', { published: '调休上班', workday: true })])
    expect(found.map((s) => [s.label, s.word, s.days.length, s.past])).toEqual([
      ['09-30 – 10-02', '国庆节放假', 3, false],
      ['10-04', '国庆节放假', 1, false],
      ['10-05', '调休上班', 1, false],
    ])
    expect(spans([])).toEqual([])
  })

  it('joins over the end of a month and a leap day', () => {
    expect(spans([day('2028-02-28'), day('2028-02-29'), day('2028-03-01')])).toHaveLength(1)
    expect(spans([day('2027-02-28'), day('2027-03-01')])).toHaveLength(1)
  })
})

describe('needs', () => {
  const list: SpecialityWords[] = [
    { id: 1, name: '心理健康', deputies: 1, words: [{ word: '睡不好', position: 2 }, { word: '焦虑', position: 0 }] },
    { id: 2, name: '创业就业', deputies: 0, words: [{ word: '想创业', position: 1 }] },
  ]

  it('orders the home page', () => expect(homeWords(list).map((w) => [w.word, w.speciality])).toEqual([['想创业', '创业就业'], ['睡不好', '心理健康']]))

  it('offers the places that are there', () => {
    expect(places(2, true).map((p) => p.id)).toEqual([0, 1, 2])
    expect(places(2, false).map((p) => p.id)).toEqual([0, 1, 2, 3])
    expect(places(12, false).map((p) => p.id)).toHaveLength(13)
  })
})
