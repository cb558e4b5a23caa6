import type { NewWalkIn } from '@/api/types'
import { emptyWhose, lacksOf, noConsent, whoseBody, type Whose, type WhosePart } from '@/components/WhoseMatter/whose'

/** What the desk writes down. It holds a name and a phone, so it is never kept on the phone. */
export interface WalkIn extends Whose {
  deputyId: number
  start: string
  service: string
  topic: string
  note: string
  /** Seats at this talk in place of a deputy's time; 0 is none. */
  talkId: number
  party: number
}

/** What somebody comes for, until they say more. */
export const fromTheDoor = '现场来访'

export const emptyWalkIn = (): WalkIn => ({ ...emptyWhose(), deputyId: 0, start: '', service: '', topic: fromTheDoor, note: '', talkId: 0, party: 1 })

/** The parts of the form in their order, with what is missing in each. */
export function lacking(w: WalkIn): Partial<Record<WhosePart | 'deputy' | 'start' | 'topic' | 'consent', string>> {
  const lacks: ReturnType<typeof lacking> = lacksOf(w)
  if (w.talkId === 0 && !w.deputyId) lacks.deputy = '请选一位代表。'
  else if (w.talkId === 0 && !w.start) lacks.start = '请选一个时间。'
  if (w.talkId === 0 && !w.topic.trim()) lacks.topic = '请选一个话题，或者写几个字。'
  if (!w.consent) lacks.consent = noConsent('选民')
  return lacks
}

export function bodyOf(w: WalkIn): NewWalkIn {
  const who = whoseBody(w)
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
