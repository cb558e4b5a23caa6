import type { NewWalkIn } from '@/api/types'

/** Who it is: somebody of this phone's by their id, `another` with the same phone, or `fresh`, nobody knows this phone yet. */
export type Who = number | 'another' | 'fresh'

/** What the desk writes down. It holds a name and a phone, so it is never kept on the phone. */
export interface WalkIn {
  phone: string
  who: Who | undefined
  name: string
  deputyId: number
  start: string
  service: string
  topic: string
  note: string
  consent: boolean
  /** Seats at this talk in place of a deputy's time; 0 is none. */
  talkId: number
  party: number
}

export const emptyWalkIn = (): WalkIn => ({ phone: '', who: undefined, name: '', deputyId: 0, start: '', service: '', topic: '', note: '', consent: false, talkId: 0, party: 1 })

/** The parts of the form in their order, with what is missing in each. */
export function lacking(w: WalkIn): Partial<Record<'phone' | 'who' | 'name' | 'deputy' | 'start' | 'topic' | 'consent', string>> {
  const lacks: ReturnType<typeof lacking> = {}
  if (!w.phone.trim()) lacks.phone = '请填写电话号码。'
  else if (w.who === undefined) lacks.who = '请先查一下这个电话，看看是不是登记过。'
  if ((w.who === 'fresh' || w.who === 'another') && !w.name.trim()) lacks.name = '请问一下怎么称呼。'
  if (w.talkId === 0 && !w.deputyId) lacks.deputy = '请选一位代表。'
  else if (w.talkId === 0 && !w.start) lacks.start = '请选一个时间。'
  if (w.talkId === 0 && !w.topic.trim()) lacks.topic = '请选一个话题，或者写几个字。'
  if (!w.consent) lacks.consent = '请把这段话读给选民听，对方同意了再勾上。'
  return lacks
}

export function bodyOf(w: WalkIn): NewWalkIn {
  const who = { phone: w.phone.trim(), name: w.name.trim(), residentId: typeof w.who === 'number' ? w.who : 0, another: w.who === 'another', consent: w.consent }
  if (w.talkId) return { ...who, talkId: w.talkId, party: w.party }
  return {
    ...who,
    deputyId: w.deputyId,
    start: w.start,
    service: w.service as NewWalkIn['service'],
    topic: w.topic.trim(),
    note: w.note.trim(),
  }
}

/** Whether a phone is typed to its end, so that it can be asked for at once: a mobile has eleven digits. */
export const wholeMobile = (phone: string) => /^1\d{10}$/.test(phone.replace(/[\s-]/g, ''))
