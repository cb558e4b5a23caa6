import type { Booking } from '@/api/types'
import type { CalendarEntry } from '@/platform/calendar'

/** What the phone's calendar says of a booking: to its resident whom they meet, to who works on it nothing of the resident. */
export function entryOf(b: Booking): CalendarEntry {
  const phone = b.service === 'phone'
  const title = b.talkTopic ? `讲座：${b.talkTopic}` : b.resident ? `接待选民：${b.serviceName}` : phone ? `${b.deputy.name}代表来电` : `见${b.deputy.name}代表（${b.serviceName}）`
  const at = b.offer ?? b
  return { bookingId: b.id, number: b.number, title, place: phone ? '电话' : [b.placeText, b.stationAddress].filter(Boolean).join(' '), start: at.start, end: at.end }
}
