import { query } from '@/api/query'
import { get } from '@/api/request'
import type { Deputy, List } from '@/api/types'

/** What deputies are looked for by; "" and 0 are no wish. */
export interface Wanted {
  words: string
  need: string
  stationId: number
  constituency: string
  specialityId: number
}

/** A page of deputies, and whether it answers a need: then each has its reason, and a need that nobody serves was kept. */
export interface Found extends List<Deputy> {
  byNeed: boolean
}

/**
 * One page of who is wanted. Own words are first a name, a place or a speciality; when nobody has them they are a need. A
 * need is one page: a cursor is always that of the first question. Throws ApiError.
 */
export async function findDeputies(w: Wanted, cursor: string): Promise<Found> {
  const ask = (more: Record<string, string>) =>
    get<List<Deputy>>(`/deputies${query({ ...more, stationId: w.stationId, constituency: w.constituency, speciality: w.specialityId, cursor })}`, { open: true })
  if (w.need) return { ...(await ask({ need: w.need })), byNeed: true }
  const named = await ask({ q: w.words })
  if (named.items.length || cursor || !w.words) return { ...named, byNeed: false }
  return { ...(await ask({ need: w.words })), byNeed: true }
}
