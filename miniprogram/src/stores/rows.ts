import { ApiError } from '@/api/error'
import { get, post } from '@/api/request'
import type { Action, Command } from '@/api/types'
import { say } from '@/platform/say'

interface Row {
  id: number
  number: string
  stateName: string
  actions?: Action[]
}

/** A report as a list has it: with the one thing to tap. The others stand on its page. */
export const listed = <T extends Row>(r: T): T => ({ ...r, actions: r.actions?.filter((a) => a.primary) })

const hearers = new Set<(kind: string, id: number) => void>()

/** Hears of every booking and report that was moved from a row: what stands beside the list shows it as well. Returns what ends it. */
export function onRowMoved(hear: (kind: string, id: number) => void): () => void {
  hearers.add(hear)
  return () => void hearers.delete(hear)
}
export function rowMoved(collection: 'bookings' | 'reports', id: number): void {
  for (const hear of hearers) hear(collection.slice(0, -1), id)
}

/**
 * Moves a booking or a report from its row in a list; `show` gets it as it is afterwards. When somebody else moved it first,
 * the person reads why and `show` gets its true state. Throws ApiError.
 */
export async function moveRow<T extends Row>(collection: 'bookings' | 'reports', id: number, command: Command, show: (fresh: T) => void): Promise<void> {
  const path = `/${collection}/${id}`
  let fresh: T
  try {
    fresh = await post<T>(`${path}/commands`, command)
  } catch (e) {
    // The row, and with it the sheet that would say why, may be gone after show.
    if (e instanceof ApiError && e.code === 'conflict') {
      say(e.message)
      await get<T>(path).then((now) => show(collection === 'reports' ? listed(now) : now), () => undefined)
    }
    throw e
  }
  rowMoved(collection, id)
  say(`${fresh.number} ${fresh.stateName}`)
  show(collection === 'reports' ? listed(fresh) : fresh)
}

/** The list with this row as it is now, or without it when it no longer belongs here. */
export function withRow<T extends Row>(items: T[], fresh: T, belongs: (row: T) => boolean = () => true): T[] {
  return items.flatMap((x) => (x.id !== fresh.id ? [x] : belongs(fresh) ? [fresh] : []))
}
