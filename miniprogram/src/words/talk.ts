import type { Talk, Tone } from '@/api/types'

/** How many seats are left, as a state with its tone; once no seat is to be had, the talk's own state. */
export function seatsWord(t: Talk): { tone: Tone; word: string } {
  if (!t.signUp) return { tone: t.tone, word: t.stateName }
  if (t.left === 0) return { tone: 'told', word: '已满，可以候补' }
  return t.left <= 5 ? { tone: 'waiting', word: `只剩 ${t.left} 个座位` } : { tone: 'done', word: `还有 ${t.left} 个座位` }
}

/** Whether the reader holds seats that still count. */
export const seated = (t: Talk) => ['confirmed', 'checked_in'].includes(t.booking?.state ?? '')

/** What a tap does for so many people: "seats" are there, "line" when they are not. Undefined: nothing can be asked for. */
export function wayIn(t: Talk, party: number): 'seats' | 'line' | undefined {
  if (!t.signUp || seated(t) || t.wait) return undefined
  return t.left >= party ? 'seats' : 'line'
}

/** The times of day at which a talk may begin, in minutes after midnight, by part of the day. */
export const beginnings = [
  { part: '上午', minutes: halves(8, 12) },
  { part: '下午', minutes: halves(12, 18) },
  { part: '晚上', minutes: halves(18, 20.5) },
] as const

function halves(from: number, to: number): number[] {
  return Array.from({ length: (to - from) * 2 }, (_, i) => from * 60 + i * 30)
}

export const lengths = [60, 90, 120, 150, 180].map((n) => ({ id: n, name: `${n / 60} 小时` }))

/** "9:00", "1:30": a beginning as its chip shows it, beside the part of the day. */
export function clockOf(minutes: number): string {
  const hour = Math.floor(minutes / 60)
  return `${hour > 12 ? hour - 12 : hour}:${String(minutes % 60).padStart(2, '0')}`
}

/** Beginning and end of a talk on a day of the station's calendar. */
export function spanOf(date: string, minutes: number, length: number): { start: string; end: string } {
  const at = (m: number) => `${date}T${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}:00+08:00`
  return { start: at(minutes), end: at(minutes + length) }
}
