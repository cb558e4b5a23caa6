// The station's clock is China's (+08:00), whatever zone the phone is in.
const offset = 8 * 3600_000

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
}

function partsOf(at: Date): Parts {
  const there = new Date(at.getTime() + offset)
  return { year: there.getUTCFullYear(), month: there.getUTCMonth() + 1, day: there.getUTCDate(), hour: there.getUTCHours(), minute: there.getUTCMinutes() }
}

const clockOf = (p: Parts) => `${p.hour}:${String(p.minute).padStart(2, '0')}`
const dayNumber = (at: Date) => Math.floor((at.getTime() + offset) / 86_400_000)

/** The same text, in which no line ends after the dash of a range: "9:00–9:30" stays whole. */
export const unbroken = (text: string) => text.replace(/(\d)–(?=\d)/g, '$1–\u2060')

/** The text as it was before `unbroken`. */
export const whole = (text: string) => text.replace(/–\u2060/g, '–')

/** "9:00–9:30", "1–24": from one to the other, never on two lines. */
export const range = (from: string | number, to: string | number) => unbroken(`${from}–${to}`)

/** "9:00", "3:30" of an RFC 3339 time, on a clock of twelve hours: it stands beside the part of the day. */
export function clock(time: string): string {
  const p = partsOf(new Date(time))
  return clockOf({ ...p, hour: p.hour > 12 ? p.hour - 12 : p.hour })
}

/** "上午 9:00", "中午 12:30", "下午 3:30": an hour as one says it, in the words of the server. */
export function hourText(time: string): string {
  const { hour } = partsOf(new Date(time))
  const part = hour < 6 ? '凌晨' : hour === 12 ? '中午' : dayPart(time)
  return `${part} ${clock(time)}`
}

/** The part of the day a time stands in. */
export function dayPart(time: string): '上午' | '下午' | '晚上' {
  const { hour } = partsOf(new Date(time))
  return hour < 12 ? '上午' : hour < 18 ? '下午' : '晚上'
}

/** "今天 9:00", "昨天 18:05", "11月24日 9:00", with the year when it is another one. */
export function moment(time: string, now = new Date()): string {
  const at = new Date(time)
  const p = partsOf(at)
  const days = dayNumber(at) - dayNumber(now)
  const near: Record<number, string> = { [-1]: '昨天', 0: '今天', 1: '明天' }
  const year = p.year === partsOf(now).year ? '' : `${p.year}年`
  return `${near[days] ?? `${year}${p.month}月${p.day}日`} ${clockOf(p)}`
}

/** "2026-11-24" of China's today, `days` later. */
export function dateAfter(days: number, now = new Date()): string {
  const p = partsOf(new Date(now.getTime() + days * 86_400_000))
  return `${p.year}-${String(p.month).padStart(2, '0')}-${String(p.day).padStart(2, '0')}`
}

/** "明天 上午 9:00" of a slot: how one says it aloud. */
export function spoken(time: string, now = new Date()): string {
  const [day = ''] = moment(time, now).split(' ')
  return `${day} ${hourText(time)}`
}

const weekdays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

/** "今天 周一", "昨天 周日", "11月27日 周五" of a date such as "2026-11-27". */
export function dayName(date: string, now = new Date()): string {
  const noon = new Date(`${date}T12:00:00+08:00`)
  const p = partsOf(noon)
  const near: Record<number, string> = { [-1]: '昨天', 0: '今天', 1: '明天', 2: '后天' }
  return `${near[dayNumber(noon) - dayNumber(now)] ?? `${p.month}月${p.day}日`} ${weekdays[new Date(noon.getTime() + offset).getUTCDay()]}`
}

/** "11月24日 周二 上午 9:00": a time one can put in a diary. */
export function fullTime(time: string): string {
  const at = new Date(time)
  const p = partsOf(at)
  const week = weekdays[new Date(at.getTime() + offset).getUTCDay()]
  return `${p.month}月${p.day}日 ${week} ${hourText(time)}`
}
