import type { Counted } from '@/api/types'
import { query } from '@/api/query'

/** What a number of the statistics opens. */
export type RowsOf = 'received' | 'solved' | 'open' | 'reopened' | 'rated'

export const rowsNames: Record<RowsOf, string> = { received: '收到', solved: '办结', open: '还在办', reopened: '再次交办过', rated: '有评价' }

export const bookingNames: Record<string, string> = { completed: '接待', no_show: '爽约', expired: '没有答复', declined: '婉拒', cancelled: '取消' }

/** The spans that are offered, by the months they hold. */
export const spans = [
  { id: 'month', name: '本月' },
  { id: 'quarter', name: '本季度' },
  { id: 'year', name: '今年' },
  { id: 'twelve', name: '近十二个月' },
] as const
export type SpanId = (typeof spans)[number]['id']

/** "2026-01" to "2026-11" of a span that ends in the month of `today` (2026-11-28). */
export function monthsOf(span: SpanId, today: string): { from: string; to: string } {
  const [year = 0, month = 0] = today.split('-').map(Number)
  const text = (y: number, m: number) => `${y}-${String(m).padStart(2, '0')}`
  const to = text(year, month)
  if (span === 'month') return { from: to, to }
  if (span === 'quarter') return { from: text(year, month - ((month - 1) % 3)), to }
  if (span === 'year') return { from: text(year, 1), to }
  return { from: month === 12 ? text(year, 1) : text(year - 1, month + 1), to }
}

/** The first and last day of a month such as "2026-11". */
export function daysOf(month: string): { from: string; to: string } {
  const [year = 0, m = 0] = month.split('-').map(Number)
  const last = new Date(Date.UTC(year, m, 0)).getUTCDate()
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, '0')}` }
}

/** How long a bar is, in percent of the longest; what is there at all can be seen. */
export const part = (n: number, most: number) => (n === 0 || most === 0 ? 0 : Math.max(2, Math.round((100 * n) / most)))

/** What a line says besides its bar: results, and what did not hold. */
export function words(c: Counted): string {
  const said = [
    c.medianDays === undefined ? '' : `办结用时中位${c.medianDays < 0.5 ? '不到半天' : ` ${c.medianDays} 天`}`,
    c.rating === undefined ? '' : `评分 ${c.rating.toFixed(1)}（${c.rated} 人）`,
  ].filter(Boolean)
  return said.join(' · ')
}

/** The page of the reports behind a number. `of` names the column that the line is of. */
export function reportsPage(c: Counted, what: RowsOf, of: { stationId?: number; categoryId?: number; deputyId?: number }, name: string): string {
  return `/sub-records/rows${query({ ...of, from: c.from, to: c.to, what, name })}`
}

/** The page of the bookings behind a number. */
export function bookingsPage(c: Counted, state: string, of: { stationId?: number; deputyId?: number }, name: string): string {
  return `/sub-records/rows${query({ ...of, from: c.from, to: c.to, state, name })}`
}
