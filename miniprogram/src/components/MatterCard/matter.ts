import type { Action, Booking, Matter, Report, Talk, Tone, Wait } from '@/api/types'
import { moment } from '@/words/time'

export type MatterKind = 'booking' | 'report' | 'wait' | 'talk'

/** What the card shows of a matter, whoever looks at it. */
export interface CardMatter {
  kind: MatterKind
  id: number
  number: string
  title: string
  stateName: string
  tone: Tone
  next: string
  /** When or where, as a sentence. */
  about: string
  supervised?: boolean
  /** For the desk: the last message reached its owner nowhere. */
  unreached?: boolean
  /** The clock, once it matters: amber when nearly over, red when over. */
  light?: 'green' | 'amber' | 'red' | ''
  actions?: Action[]
}

export const kindNames: Record<MatterKind, string> = { booking: '预约', report: '反映', wait: '候补', talk: '讲座' }

/** The page that shows this matter whole. */
export const matterPage = (m: { kind: string; id: number }) => (m.kind === 'wait' ? `/pages/booking/wait?id=${m.id}` : `/pages/${m.kind}/detail?id=${m.id}`)

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
  unreached: b.unreached,
  // Nobody goes to the station for a call.
  about: [b.timeText, b.service === 'phone' ? b.serviceName : b.stationName].filter(Boolean).join(' · '),
  actions: b.actions,
})

/** A place in a line has no number of its own. */
export const cardOfWait = (w: Wait): CardMatter => ({
  kind: 'wait',
  id: w.id,
  number: '',
  title: w.talkTopic || [`${w.deputyName}代表`, w.topic].filter(Boolean).join(' · '),
  stateName: w.stateName,
  tone: w.tone,
  next: w.next,
  about: [w.timeText, w.service === 'phone' ? w.serviceName : w.stationName].filter(Boolean).join(' · '),
  actions: w.actions,
})

/** A talk, for those who arrange it. */
export const cardOfTalk = (t: Talk): CardMatter => ({
  kind: 'talk',
  id: t.id,
  number: t.number,
  title: `${t.topic} · ${t.deputy.name}代表`,
  stateName: t.stateName,
  tone: t.tone,
  next: t.next,
  about: [t.timeText || (t.wish && `希望：${t.wish}`), t.place, t.communityName].filter(Boolean).join(' · '),
  actions: t.actions,
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
  unreached: r.unreached,
  light: r.light,
  actions: r.actions,
})
