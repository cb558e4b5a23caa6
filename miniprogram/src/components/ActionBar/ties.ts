import type { ReportTie } from '@/api/types'

/** Why to think twice before these departments get the matter, by department: it is about them, or about somebody of theirs. */
export function warnings(ties: ReportTie[] | undefined, ids: number[]): Record<number, string> {
  const found: Record<number, string> = {}
  for (const { departmentId: id, text } of ties ?? []) if (ids.includes(id)) found[id] = found[id] ? `${found[id]}；${text}` : text
  return found
}
