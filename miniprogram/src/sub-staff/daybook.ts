import type { Booking, DayTalk, DeskDay, Tone } from '@/api/types'

/** What the desk must not overlook about a booking, as words with a mark. */
export interface Flag {
  tone: Tone
  word: string
}

export function flagsOf(b: Booking): Flag[] {
  const flags: Flag[] = []
  if (b.displaced) flags.push({ tone: 'late', word: '代表有事，要另约' })
  else if (b.state === 'requested' && b.waiting === 'staff') flags.push({ tone: 'waiting', word: b.byDesk ? '代约的，等确认' : '代表没答复，转来的' })
  if (b.objection === 'pending') flags.push({ tone: 'late', word: '有异议，请核实' })
  if (b.reach === 'phone') flags.push({ tone: 'told', word: '没有微信，请电话告诉' })
  return flags
}

/** When a booking stands in the day: at the time that is offered, while one is. */
const timeOf = (b: Booking) => b.offer?.start ?? b.start

export type DayRow = { key: string; at: string } & ({ kind: 'booking'; booking: Booking } | { kind: 'talk'; talk: DayTalk; seats: Booking[] })

/** The day by time. Who signed up for a talk stands under it. */
export function rowsOf(day: Pick<DeskDay, 'bookings' | 'talks'>): DayRow[] {
  const known = new Set(day.talks.map((t) => t.id))
  const rows: DayRow[] = day.talks.map((t) => ({ key: `t${t.id}`, at: t.start, kind: 'talk', talk: t, seats: day.bookings.filter((b) => b.talkId === t.id) }))
  for (const b of day.bookings) if (!b.talkId || !known.has(b.talkId)) rows.push({ key: `b${b.id}`, at: timeOf(b), kind: 'booking', booking: b })
  return rows.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

export interface DayGroup {
  name: string
  rows: DayRow[]
}

const noRoom = '不用房间'
const roomOf = (r: DayRow) => (r.kind === 'talk' ? r.talk.roomName || r.talk.placeText : r.booking.roomName) || noRoom
const nameOf = (r: DayRow) => (r.kind === 'talk' ? r.talk.deputyName : r.booking.deputy.name)

/** The day's rows room by room; what needs none comes last. */
export function byRoom(rows: DayRow[]): DayGroup[] {
  const names = [...new Set(rows.map(roomOf))].sort((a, b) => Number(a === noRoom) - Number(b === noRoom) || a.localeCompare(b, 'zh-CN'))
  return names.map((name) => ({ name, rows: rows.filter((r) => roomOf(r) === name) }))
}

/** The rows of one deputy. */
export const rowsOfDeputy = (rows: DayRow[], name: string) => rows.filter((r) => nameOf(r) === name)

/** The deputies who can be seen today with their first free time, the soonest first. */
export const freeSoon = (day: Pick<DeskDay, 'deputies'>, most = 4) =>
  day.deputies
    .flatMap((d) => (d.free[0] ? [{ id: d.id, name: d.name, slot: d.free[0] }] : []))
    .sort((a, b) => Date.parse(a.slot.start) - Date.parse(b.slot.start))
    .slice(0, most)
