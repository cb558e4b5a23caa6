import type { Day, OwnTime, Slot } from '@/api/types'

/** A time, which may already be the looker's own: times come the same to everybody, what is one's own apart from them. */
export type SeenSlot = Slot & { own?: OwnTime }
export type SeenDay = Omit<Day, 'slots'> & { slots: SeenSlot[] }

/** What a time is to whoever looks for one. Only `full` and `queued` can be waited for. */
export type SlotState = 'booked' | 'waited' | 'free' | 'full' | 'queued' | 'closed'

/** One's own comes first, then too soon or too far: nobody can wait for such a time either. */
export function slotState(s: SeenSlot): SlotState {
  if (s.own) return s.own.bookingId ? 'booked' : 'waited'
  if (s.closed) return 'closed'
  if (s.free) return 'free'
  return s.queued ? 'queued' : 'full'
}

/** The state in a word or two; `waits`: the looker may join the line. */
export function slotWord(s: SeenSlot, waits = false): string {
  const words: Record<SlotState, string> = {
    booked: '您已约',
    waited: '您在候补',
    free: s.serviceName,
    full: waits ? '约满 · 可候补' : '约满',
    queued: waits ? '有人候补' : '约满',
    closed: '已截止',
  }
  return words[slotState(s)]
}

/** Where the looker's own time leads to. */
export const ownPage = (own: OwnTime) => (own.bookingId ? `/pages/booking/detail?id=${own.bookingId}` : `/pages/booking/wait?id=${own.waitId}`)

/** Days with the times of this service ("" for any meeting), the looker's own of this deputy among them. Talks are no meetings: one signs up for them elsewhere. */
export function daysOf(days: Day[], service: string, own: OwnTime[] = []): SeenDay[] {
  return days.map((d) => {
    const slots = d.slots
      .filter((s) => (service ? s.service === service : s.service !== 'group_talk'))
      .map((s) => ({ ...s, own: own.find((o) => o.start === s.start) }))
    return { ...d, slots, free: slots.filter((s) => s.free).length }
  })
}

/** What stands under a day: how many times are free, or why none is. */
export function dayWord(d: SeenDay, waits = false): string {
  if (d.free > 0) return `${d.free} 个空`
  if (d.note) return d.note
  if (d.slots.length === 0) return '不接待'
  if (waits && d.slots.some(waitable)) return '可候补'
  return d.slots.some((s) => s.own?.bookingId) ? '您已约' : '约满'
}

const waitable = (s: SeenSlot) => ['full', 'queued'].includes(slotState(s))

/** The day to open with: that of the chosen time, else the first with a free one, else the first that can be waited for, else the first. */
export function firstDay(days: SeenDay[], chosen: string, waits = false): string {
  const day =
    days.find((d) => d.slots.some((s) => s.start === chosen)) ??
    days.find((d) => d.free > 0) ??
    (waits ? days.find((d) => d.slots.some(waitable)) : undefined) ??
    days[0]
  return day?.date ?? ''
}

/** Where one goes for these times; for a call, nowhere. */
export const placesOf = (slots: Slot[]) => [...new Set(slots.filter((s) => s.service !== 'phone').map((s) => `${s.stationName} ${s.roomName}`.trim()))].join('、')
