import type { Export } from '@/api/types'

/** Whether nothing more will happen to an export by itself. */
export const settled = (e: Pick<Export, 'state'>): boolean => e.state !== 'waiting' && e.state !== 'running'

/** How much of it is written, in percent: never full before the file is there. */
export function portion(e: Pick<Export, 'state' | 'done' | 'total'>): number {
  if (e.state === 'done') return 100
  return e.total > 0 ? Math.min(95, Math.round((100 * e.done) / e.total)) : 0
}
