import type { Report } from '@/api/types'

const rank = { red: 0, amber: 1, green: 2, '': 3 }
const due = (r: Report) => (r.dueAt ? Date.parse(r.dueAt) : Infinity)

/** What is over its deadline first, then what is close to it, then by deadline; what has none comes last, newest first. */
export const byUrgency = (reports: Report[]): Report[] =>
  [...reports].sort((a, b) => rank[a.light] - rank[b.light] || (due(a) === due(b) ? b.id - a.id : due(a) - due(b)))
