import { describe, expect, it } from 'vitest'
import type { Booking, Report } from '@/api/types'
import { cardForDesk, overdue, queueParts, standsIn, type QueueView } from './queues'

const report = (id: number, state: Report['state'], more: Partial<Report> = {}): Report => ({ id, state, light: 'green', department: { id: 1, name: '城管科' }, ...more }) as Report

describe('standsIn', () => {
  const where = (r: Report): QueueView[] => queueParts.map((p) => p.id).filter((v) => standsIn(v, r))

  it('gives every state one queue', () => {
    const states: [Report['state'], QueueView][] = [
      ['submitted', 'waiting'], ['accepted', 'waiting'], ['dispatched', 'handling'], ['in_progress', 'handling'],
      ['resolved', 'resolved'], ['draft', 'returned'], ['closed', 'closed'], ['reopened', 'handling'],
    ]
    for (const [state, queue] of states) expect(where(report(1, state)), state).toEqual([queue])
  })

  it('leaves a reopened report without a department to the desk', () => {
    expect(where(report(1, 'reopened', { department: undefined }))).toEqual(['waiting'])
  })

  it('shows what is late in its queue and among the late', () => {
    expect(where(report(1, 'in_progress', { light: 'red' }))).toEqual(['overdue', 'handling'])
  })
})

it('reads the late ones of both queues, the longest first', async () => {
  const late = (id: number, dueAt: string) => report(id, 'in_progress', { light: 'red', dueAt })
  const pages: Record<string, Report[]> = {
    waiting: [late(1, '2026-11-24T09:00:00+08:00'), report(2, 'submitted')],
    handling: [late(3, '2026-11-23T17:00:00+08:00'), report(4, 'dispatched', { light: 'amber' })],
  }
  const found = await overdue(async (queue) => ({ items: pages[queue] ?? [], next: 'more' }))
  expect(found.items.map((r) => r.id)).toEqual([3, 1])
  expect(found.next).toBe('')
})

it('tells the desk who comes to whom', () => {
  const b = { id: 1, resident: { name: '陈月梅' }, deputy: { name: '林晓慧' }, timeText: '今天 9:00', roomName: '小屋一号', stationName: '', topic: '睡不好', serviceName: '面谈' } as Booking
  expect(cardForDesk({ ...b, offer: { start: '', end: '', timeText: '明天 10:00' } }).about).toBe('新的时间 明天 10:00（原来 今天 9:00） · 小屋一号 · 睡不好')
  expect(cardForDesk(b)).toMatchObject({ title: '陈月梅 → 林晓慧代表', about: '今天 9:00 · 小屋一号 · 睡不好' })
})
