import type { HoursBody, Reoffered, Station, WeeklyHours } from '@/api/types'
import { range } from '@/words/time'

type Service = HoursBody['service']

/** The hours of a rule as they are filled in. Times are "9:00", in China. */
export interface HoursForm {
  weekday: number
  /** The day of extra hours, "2026-11-29". */
  date: string
  from: string
  to: string
  service: Service
  stationId: number
  roomId: number
  slotMinutes: number
  pauseMinutes: number
}

export const weekdays = [
  { id: 1, name: '周一' },
  { id: 2, name: '周二' },
  { id: 3, name: '周三' },
  { id: 4, name: '周四' },
  { id: 5, name: '周五' },
  { id: 6, name: '周六' },
  { id: 0, name: '周日' },
]

export const services: { id: Service; name: string }[] = [
  { id: 'talk_one', name: '面谈' },
  { id: 'enterprise', name: '企业咨询' },
  { id: 'phone', name: '电话' },
]

export const lengths = [15, 30, 45, 60, 90].map((id) => ({ id, name: `${id} 分钟` }))
export const pauses = [0, 15, 30].map((id) => ({ id, name: id ? `${id} 分钟` : '不用' }))

/** Minutes after midnight of "9:30". */
function minutesOf(clock: string): number {
  const [h = '0', m = '0'] = clock.split(':')
  return Number(h) * 60 + Number(m)
}

const clockOf = (minutes: number): string => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`

/** The quarters in which hours may begin and end: 6:00 to 22:00. */
export const quarters: string[] = Array.from({ length: (22 - 6) * 4 + 1 }, (_, i) => clockOf(6 * 60 + i * 15))

/** A new rule in the deputy's own station. */
export const emptyHours = (stationId: number, rooms: { id: number }[] = []): HoursForm => ({
  weekday: 3,
  date: '',
  from: '9:00',
  to: '11:00',
  service: 'talk_one',
  stationId,
  roomId: rooms[0]?.id ?? 0,
  slotMinutes: 30,
  pauseMinutes: 0,
})

export const formOf = (h: WeeklyHours): HoursForm => ({
  weekday: h.weekday,
  date: '',
  from: h.from,
  to: h.to,
  service: h.service as Service,
  stationId: h.stationId,
  roomId: h.roomId,
  slotMinutes: h.slotMinutes,
  pauseMinutes: h.pauseMinutes,
})

/** The slots that the hours give: "9:00–9:30". */
export function slotsOf(f: Pick<HoursForm, 'from' | 'to' | 'slotMinutes' | 'pauseMinutes'>): string[] {
  const found: string[] = []
  const end = minutesOf(f.to)
  for (let m = minutesOf(f.from); f.slotMinutes > 0 && m + f.slotMinutes <= end; m += f.slotMinutes + f.pauseMinutes) found.push(range(clockOf(m), clockOf(m + f.slotMinutes)))
  return found
}

/** What is sent. A call needs no room. */
export const bodyOf = (f: HoursForm): HoursBody => ({
  weekday: f.weekday,
  from: f.from,
  to: f.to,
  service: f.service,
  stationId: f.stationId,
  roomId: f.service === 'phone' ? 0 : f.roomId,
  slotMinutes: f.slotMinutes,
  pauseMinutes: f.pauseMinutes,
})

/** What is still missing, by field; the server knows the rest. */
export function lacking(f: HoursForm, station: Station | undefined, dated: boolean): Record<string, string> {
  const lacks: Record<string, string> = {}
  if (dated && !f.date) lacks.date = '请选择哪一天。'
  if (minutesOf(f.to) <= minutesOf(f.from)) lacks.to = '结束要比开始晚。'
  else if (slotsOf(f).length === 0) lacks.to = '这段时间不够一次接待，请把结束时间改晚一点。'
  if (!station) lacks.stationId = '请选择联络站。'
  else if (f.service !== 'phone' && station.rooms.length > 0 && !station.rooms.some((r) => r.id === f.roomId)) lacks.roomId = '请选择房间。'
  return lacks
}

/** An hour of a day in China, as the API wants it. */
export const instant = (date: string, clock: string): string => `${date}T${clock.padStart(5, '0')}:00+08:00`

export interface LeaveForm {
  whole: boolean
  from: string
  to: string
  fromClock: string
  toClock: string
}

const nextDay = (date: string): string => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10)

/** The leave's two ends, or what is wrong with them. Whole days end at midnight after the last. */
export function leaveSpan(f: LeaveForm): { from: string; to: string } | string {
  if (!f.from) return '请选择哪一天。'
  if (!f.whole) return minutesOf(f.toClock) > minutesOf(f.fromClock) ? { from: instant(f.from, f.fromClock), to: instant(f.from, f.toClock) } : '结束要比开始晚。'
  return { from: instant(f.from, '0:00'), to: instant(nextDay(f.to), '0:00') }
}

/** The button that does it: it says what will happen to whom. */
export function leaveWord(bookings: Reoffered[]): string {
  const n = bookings.length
  return n === 0 ? '确定请假' : `确定请假，告诉这 ${n} 位选民`
}

/** The first day of the week that this day lies in: a Monday. */
export function mondayOf(date: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  return day.toISOString().slice(0, 10)
}

/** Whole weeks from the one that this day lies in, each from Monday. */
export const weeksFrom = (date: string, count: number): string[][] =>
  Array.from({ length: count }, (_, w) => Array.from({ length: 7 }, (_, d) => daysAfter(mondayOf(date), 7 * w + d)))

const weekdayNames = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

/** "11月25日 周三". */
export function dayName(date: string): string {
  return `${Number(date.slice(5, 7))}月${Number(date.slice(8))}日 ${weekdayNames[new Date(`${date}T00:00:00Z`).getUTCDay()]}`
}

/** "11月25日 周三，1 天", "11月25日 周三 – 11月27日 周五，3 天". */
export function daysWord(from: string, to: string): string {
  const n = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1
  return n > 1 ? `${dayName(from)} – ${dayName(to)}，${n} 天` : `${dayName(from)}，1 天`
}

/** The days after another was tapped: the first, then a later one as the last, then anew. */
export function withDay(from: string, to: string, tapped: string): { from: string; to: string } {
  return from && from === to && tapped > from ? { from, to: tapped } : { from: tapped, to: tapped }
}

export const daysAfter = (date: string, days: number): string => new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)
