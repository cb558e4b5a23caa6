import { apiBase } from './address'

/** What a calendar shows of a meeting. Times are RFC 3339. */
export interface CalendarEntry {
  bookingId: number
  number: string
  title: string
  place: string
  start: string
  end: string
}

/** added: it is in the phone's calendar. saved: a calendar file was handed over. refused: the person, or the phone, did not want it. */
export type CalendarAnswer = 'added' | 'saved' | 'refused'

/** The phone reminds two hours before, as the server's calendar file does. */
const alarmSeconds = 2 * 3600

interface PhoneCalendarEntry {
  title: string
  startTime: number
  endTime: string
  location: string
  description: string
  alarm: boolean
  alarmOffset: number
  success: () => void
  fail: (e: { errMsg?: string }) => void
}

/**
 * Puts a meeting into the phone's calendar: WeChat writes it there, the browser is handed the server's calendar file, fetched with
 * `headers`. Rejects when the file could not be fetched, with the HTTP status as message.
 */
export async function addToCalendar(entry: CalendarEntry, headers: Record<string, string>): Promise<CalendarAnswer> {
  // #ifdef H5
  const answer = await fetch(`${apiBase()}/bookings/${entry.bookingId}/calendar`, { headers })
  if (!answer.ok) throw new Error(String(answer.status))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = `${entry.number}.ics`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  return 'saved'
  // #endif
  // #ifndef H5
  const phone = uni as unknown as { addPhoneCalendar?: (o: PhoneCalendarEntry) => void }
  return await new Promise<CalendarAnswer>((resolve) => {
    if (!phone.addPhoneCalendar) return resolve('refused')
    phone.addPhoneCalendar({
      title: entry.title,
      startTime: seconds(entry.start),
      endTime: String(seconds(entry.end)),
      location: entry.place,
      description: `预约编号 ${entry.number}`,
      alarm: true,
      alarmOffset: alarmSeconds,
      success: () => resolve('added'),
      fail: () => resolve('refused'),
    })
  })
  // #endif
}

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000)
