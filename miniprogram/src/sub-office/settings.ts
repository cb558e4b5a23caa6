import type { NeedOnHome, Preset, SpecialityWords, YearDay } from '@/api/types'

/** "已改，默认 24" of a limit that is not as it came. */
export const changedWord = (p: Preset): string => (p.value === p.default ? '' : `已改，默认 ${p.default}`)

/** Limits by their group, in the server's order. */
export function grouped(presets: Preset[]): { name: string; presets: Preset[] }[] {
  const groups: { name: string; presets: Preset[] }[] = []
  for (const p of presets) {
    const last = groups.find((g) => g.name === p.group)
    if (last) last.presets.push(p)
    else groups.push({ name: p.group, presets: [p] })
  }
  return groups
}

/** What is wrong with a value as it was typed; "" when it may be sent. */
export function wrongValue(p: Preset, typed: string): string {
  const text = typed.trim()
  const between = `请填 ${p.min} 到 ${p.max} 的整数。`
  if (!/^\d{1,4}$/.test(text)) return between
  const n = Number(text)
  return n < p.min || n > p.max ? between : ''
}

const weekdays = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

/** The choices of whose hours a workday has; -1 is its own. */
export const hoursOf = [{ id: -1, name: '当天的' }, ...[1, 2, 3, 4, 5, 6, 0].map((id) => ({ id, name: weekdays[id] ?? '' }))]

/** "放假 · 街道运动会", "上班，按周三的时间接待". */
export function dayWord(d: Pick<YearDay, 'workday' | 'name' | 'asWeekday'>): string {
  const name = d.name ? ` · ${d.name}` : ''
  if (!d.workday) return `放假${name}`
  return (d.asWeekday < 0 ? '上班' : `上班，按${weekdays[d.asWeekday]}的时间接待`) + name
}

export interface Span {
  days: YearDay[]
  /** "10月1日 周四 – 10月8日 周四", or the one day. */
  label: string
  word: string
  past: boolean
}

/** Published days that follow each other and say the same, as one line. */
export function spans(days: YearDay[]): Span[] {
  const found: Span[] = []
  for (const d of days) {
    const last = found[found.length - 1]
    const before = last?.days[last.days.length - 1]
    if (last && before && last.word === d.published && nextDay(before.date) === d.date) last.days.push(d)
    else found.push({ days: [d], label: '', word: d.published, past: false })
  }
  for (const s of found) {
    const [first, last] = [s.days[0]!, s.days[s.days.length - 1]!]
    s.label = first === last ? first.label : `${first.label} – ${last.label}`
    s.past = last.past
  }
  return found
}

const nextDay = (date: string): string => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10)

export interface HomeWord extends NeedOnHome {
  specialityId: number
  speciality: string
}

/** The words of the home page in their order. */
export const homeWords = (list: SpecialityWords[]): HomeWord[] =>
  list
    .flatMap((s) => s.words.filter((w) => w.position > 0).map((w) => ({ ...w, specialityId: s.id, speciality: s.name })))
    .sort((a, b) => a.position - b.position)

/** Where a word can stand on the home page, which holds `held` words now; 0 is nowhere. */
export const places = (held: number, onHome: boolean): { id: number; name: string }[] => {
  const most = Math.min(onHome ? held : held + 1, 12)
  return [{ id: 0, name: '不放' }, ...Array.from({ length: most }, (_, i) => ({ id: i + 1, name: `第 ${i + 1} 个` }))]
}
