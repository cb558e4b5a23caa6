import type { Booking, Grant } from '@/api/types'
import type { CalendarEntry } from '@/platform/calendar'

/** Whether this reader is at the meeting, and it is agreed: the resident (who is named to all others), or the deputy. */
export const belongsInCalendar = (b: Booking, roles: Pick<Grant, 'role' | 'scopeId'>[]): boolean =>
  b.state === 'confirmed' && !b.displaced && (!b.resident || roles.some((r) => r.role === 'deputy' && r.scopeId === b.deputy.id))

/** What the phone's calendar says of a booking: to its resident whom they meet, to who works on it nothing of the resident. */
export function entryOf(b: Booking): CalendarEntry {
  const phone = b.service === 'phone'
  const title = b.talkTopic ? `讲座：${b.talkTopic}` : b.resident ? `接待选民：${b.serviceName}` : phone ? `${b.deputy.name}代表来电` : `见${b.deputy.name}代表（${b.serviceName}）`
  const at = b.offer ?? b
  return { bookingId: b.id, number: b.number, title, place: phone ? '电话' : [b.placeText, b.stationAddress].filter(Boolean).join(' '), start: at.start, end: at.end }
}
