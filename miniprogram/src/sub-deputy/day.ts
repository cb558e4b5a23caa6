import type { Action, Booking, DeputyToday } from '@/api/types'
import { cardOfBooking, type CardMatter } from '@/components/MatterCard/matter'
import { dateAfter } from '@/words/time'

/** A deputy's bookings by what they ask of the deputy. Nobody stands in two parts. */
export interface Parts {
  /** Met already, the service record is still to be written. */
  records: Booking[]
  today: Booking[]
  /** Another time was offered; the resident chooses. */
  asked: Booking[]
  week: Booking[]
  later: Booking[]
}

const canRecord = (b: Booking) => b.actions.some((a) => a.command === 'complete')
// The server writes times in China's zone: the first ten characters are the day.
const dayOf = (b: Booking) => b.start.slice(0, 10)

/** Sorts a deputy's day as it is at `now`. */
export function partsOf(day: DeputyToday, now = new Date()): Parts {
  const all = [...day.today, ...day.upcoming.filter((b) => !day.today.some((t) => t.id === b.id))]
  const records = all.filter((b) => canRecord(b) && new Date(b.end) <= now)
  const rest = all.filter((b) => !records.includes(b))
  const asked = rest.filter((b) => b.state === 'countered')
  const settled = rest.filter((b) => b.state !== 'countered')
  const today = dateAfter(0, now)
  const sunday = dateAfter((7 - new Date(`${today}T00:00:00Z`).getUTCDay()) % 7, now)
  return {
    records,
    asked,
    today: settled.filter((b) => dayOf(b) <= today),
    week: settled.filter((b) => dayOf(b) > today && dayOf(b) <= sunday),
    later: settled.filter((b) => dayOf(b) > today && dayOf(b) > sunday),
  }
}

/** A row's one-tap actions: cancelling what is agreed is done on the matter's own page. */
export const rowActions = (b: Booking): Action[] => b.actions.filter((a) => a.command !== 'cancel')

/** The card as its deputy reads it. */
export const cardForDeputy = (b: Booking): CardMatter => ({
  ...cardOfBooking(b),
  about: b.offer ? `您提出：${b.offer.timeText}` : [b.timeText, b.serviceName, b.roomName].filter(Boolean).join(' · '),
})
