import type { Day, Slot } from '@/api/types'

/** What a time is to whoever looks for one. Everything but `closed` and `free` can be waited for. */
export type SlotState = 'free' | 'full' | 'queued' | 'closed'

/** Too soon or too far comes first: nobody can wait for such a time either. */
export function slotState(s: Slot): SlotState {
  if (s.closed) return 'closed'
  if (s.free) return 'free'
  return s.queued ? 'queued' : 'full'
}

/** The state in a word or two; `waits`: the looker may join the line. */
export function slotWord(s: Slot, waits = false): string {
  const words: Record<SlotState, string> = {
    free: s.serviceName,
    full: waits ? '约满 · 可候补' : '约满',
    queued: waits ? '有人候补' : '约满',
    closed: '已截止',
  }
  return words[slotState(s)]
}

/** Days with the times of this service ("" for any meeting). Talks are no meetings: one signs up for them elsewhere. */
export function daysOf(days: Day[], service: string): Day[] {
  return days.map((d) => {
    const slots = d.slots.filter((s) => (service ? s.service === service : s.service !== 'group_talk'))
    return { ...d, slots, free: slots.filter((s) => s.free).length }
  })
}

/** What stands under a day: how many times are free, or why none is. */
export function dayWord(d: Day, waits = false): string {
  if (d.free > 0) return `${d.free} 个空`
  if (d.note) return d.note
  if (d.slots.length === 0) return '不接待'
  return waits && d.slots.some((s) => !s.closed) ? '可候补' : '约满'
}

/** The day to open with: that of the chosen time, else the first with a free one, else the first that can be waited for, else the first. */
export function firstDay(days: Day[], chosen: string, waits = false): string {
  const day =
    days.find((d) => d.slots.some((s) => s.start === chosen)) ??
    days.find((d) => d.free > 0) ??
    (waits ? days.find((d) => d.slots.some((s) => !s.closed)) : undefined) ??
    days[0]
  return day?.date ?? ''
}

/** Where one goes for these times; for a call, nowhere. */
export const placesOf = (slots: Slot[]) => [...new Set(slots.filter((s) => s.service !== 'phone').map((s) => `${s.stationName} ${s.roomName}`.trim()))].join('、')
