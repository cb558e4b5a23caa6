import { expect, it } from 'vitest'
import type { Counted } from '@/api/types'
import { bookingsPage, daysOf, monthsOf, part, reportsPage, words } from './numbers'

const line = (more: Partial<Counted> = {}): Counted => ({ id: 3, name: '道路积水', from: '2026-11-01', to: '2026-11-30', received: 4, solved: 2, open: 1, reopened: 1, rated: 0, ...more })

it('names the months of a span', () => {
  expect(monthsOf('month', '2026-11-28')).toEqual({ from: '2026-11', to: '2026-11' })
  expect(monthsOf('quarter', '2026-11-28')).toEqual({ from: '2026-10', to: '2026-11' })
  expect(monthsOf('quarter', '2026-01-01')).toEqual({ from: '2026-01', to: '2026-01' })
  expect(monthsOf('year', '2026-11-28')).toEqual({ from: '2026-01', to: '2026-11' })
  expect(monthsOf('twelve', '2026-11-28')).toEqual({ from: '2025-12', to: '2026-11' })
  expect(monthsOf('twelve', '2026-12-31')).toEqual({ from: '2026-01', to: '2026-12' })
})

it('draws what is there so that it can be seen', () => expect([part(0, 9), part(1, 1000), part(5, 10), part(0, 0)]).toEqual([0, 2, 50, 0]))

it('says in words what a bar cannot', () => {
  expect(words(line({ medianDays: 3.5, rating: 4, rated: 2 }))).toBe('办结用时中位 3.5 天 · 评分 4.0（2 人）')
  expect(words(line())).toBe('')
})

it('opens the rows behind a number', () => {
  expect(reportsPage(line(), 'reopened', { categoryId: 3 }, '道路积水')).toBe(`/sub-records/rows?categoryId=3&from=2026-11-01&to=2026-11-30&what=reopened&name=${encodeURIComponent('道路积水')}`)
  expect(bookingsPage(line(), 'completed', { deputyId: 3 }, '林晓')).toContain('deputyId=3&from=2026-11-01&to=2026-11-30&state=completed')
})

it('knows the days of a month', () => expect([daysOf('2026-11'), daysOf('2028-02')]).toEqual([{ from: '2026-11-01', to: '2026-11-30' }, { from: '2028-02-01', to: '2028-02-29' }]))
