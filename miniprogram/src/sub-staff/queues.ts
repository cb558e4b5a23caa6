import type { Action, Booking, List, Report } from '@/api/types'
import { cardOfBooking, type CardMatter } from '@/components/MatterCard/matter'

/** The parts of a desk's reports, as the server keeps them; overdue is read across two of them. */
export type Queue = 'waiting' | 'handling' | 'resolved' | 'returned' | 'closed'
export type QueueView = Queue | 'overdue'

export const queueParts: { id: QueueView; name: string; empty: string }[] = [
  { id: 'waiting', name: '待受理交办', empty: '没有等着受理或交办的反映' },
  { id: 'overdue', name: '超期', empty: '没有超期的反映' },
  { id: 'handling', name: '办理中', empty: '没有正在办理的反映' },
  { id: 'resolved', name: '待确认', empty: '没有等反映人确认的' },
  { id: 'returned', name: '待补充', empty: '没有等反映人补充的' },
  { id: 'closed', name: '已反馈', empty: '还没有办完的反映' },
]

const queueOf: Record<Report['state'], Queue> = {
  submitted: 'waiting',
  accepted: 'waiting',
  dispatched: 'handling',
  in_progress: 'handling',
  reopened: 'handling',
  resolved: 'resolved',
  draft: 'returned',
  closed: 'closed',
}

/** Whether a report, as it is now, stands in this part. A reopened one that no department had waits at the desk. */
export function standsIn(view: QueueView, r: Report): boolean {
  if (view === 'overdue') return r.light === 'red'
  return (r.state === 'reopened' && !r.department ? 'waiting' : queueOf[r.state]) === view
}

/** What is over its deadline, the longest first. `ask` fetches the first, most urgent page of a queue. */
export async function overdue(ask: (queue: Queue) => Promise<List<Report>>): Promise<List<Report>> {
  const pages = await Promise.all([ask('waiting'), ask('handling')])
  const items = pages.flatMap((p) => p.items).filter((r) => r.light === 'red')
  return { items: items.sort((a, b) => Date.parse(a.dueAt ?? '') - Date.parse(b.dueAt ?? '')), next: '' }
}

/** A row's one-tap actions: cancelling what is agreed is done on the matter's own page. */
export const rowActions = (b: Booking): Action[] => b.actions.filter((a) => a.command !== 'cancel')

/** When, as the desk says it on the phone: the time that is offered, and the one it replaces. */
const times = (b: Booking) => (b.offer ? `新的时间 ${b.offer.timeText}（原来 ${b.timeText}）` : b.timeText)

/** The card as the desk reads it: who comes to whom. */
export const cardForDesk = (b: Booking): CardMatter => ({
  ...cardOfBooking(b),
  title: `${b.resident?.name ?? '一位选民'} → ${b.deputy.name}代表`,
  about: [times(b), b.roomName || b.stationName, b.topic || b.serviceName].filter(Boolean).join(' · '),
})
