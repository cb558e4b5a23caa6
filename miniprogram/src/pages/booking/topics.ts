import type { NewBooking, NewWait, Slot } from '@/api/types'

/** What is none of a deputy's specialities. */
const other = '其他'

/** The categories of a reason: what this deputy is good at, and everything else. */
export const topicsOf = (specialities: string[]) => [...specialities, other].map((name) => ({ id: name, name }))

/** The category that is chosen already: what was looked for, or the only one there is. Never over the person's own choice. */
export function topicFor(chosen: string, looked: string, specialities: string[]): string {
  const known = [...specialities, other]
  if (known.includes(chosen)) return chosen
  return specialities.includes(looked) ? looked : ''
}

interface Words {
  deputyId: number
  topic: string
  note: string
}

export const newBooking = (d: Words, slot: Slot): NewBooking => ({
  deputyId: d.deputyId,
  start: slot.start,
  service: slot.service as NewBooking['service'],
  topic: d.topic,
  note: d.note.trim(),
})

export const newWait = (d: Words, slot: Slot): NewWait => ({ ...newBooking(d, slot), service: slot.service as NewWait['service'] })
