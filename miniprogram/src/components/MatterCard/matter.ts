import type { Action, Booking, Matter, Report, Tone } from '@/api/types'
import { moment } from '@/words/time'

/** What the card shows of a booking or a report, whoever looks at it. */
export interface CardMatter {
  kind: 'booking' | 'report'
  id: number
  number: string
  title: string
  stateName: string
  tone: Tone
  next: string
  /** When or where, as a sentence. */
  about: string
  supervised?: boolean
  /** The clock, once it matters: amber from 80 %, red when over. */
  light?: 'green' | 'amber' | 'red' | ''
  actions?: Action[]
}

/** The page that shows this matter whole. */
export const matterPage = (m: { kind: string; id: number }) => `/pages/${m.kind}/detail?id=${m.id}`

export const cardOfMatter = (m: Matter): CardMatter => ({ ...m, about: moment(m.at) })

/** A booking: its resident is named to those who work on it, its deputy to the resident. */
export const cardOfBooking = (b: Booking): CardMatter => ({
  kind: 'booking',
  id: b.id,
  number: b.number,
  title: b.resident ? `${b.resident.name} · ${b.topic || b.serviceName}` : `${b.deputy.name}代表 · ${b.topic || b.serviceName}`,
  stateName: b.stateName,
  tone: b.tone,
  next: b.next,
  about: [b.timeText, b.stationName].filter(Boolean).join(' · '),
  actions: b.actions,
})

export const cardOfReport = (r: Report): CardMatter => ({
  kind: 'report',
  id: r.id,
  number: r.number,
  title: `${r.category.name} · ${r.body.slice(0, 40)}`,
  stateName: r.stateName,
  tone: r.tone,
  next: r.next,
  about: [r.place.communityName, r.place.text, moment(r.createdAt)].filter(Boolean).join(' · '),
  supervised: r.supervised,
  light: r.light,
  actions: r.actions,
})
