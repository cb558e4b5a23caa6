import { describe, expect, it } from 'vitest'
import type { Report } from '@/api/types'
import { matching, roles } from './scopes'
import { byUrgency } from './urgency'

const report = (id: number, light: Report['light'], dueAt?: string) => ({ id, light, dueAt }) as Report

describe('byUrgency', () => {
  it('puts late before close, then by deadline, then the newest of what has none', () => {
    const given = [report(1, ''), report(2, 'green', '2026-11-30T09:00:00Z'), report(3, 'green', '2026-11-28T09:00:00Z'), report(4, 'amber', '2026-12-30T09:00:00Z'), report(5, 'red', '2026-12-31T09:00:00Z'), report(6, '')]
    expect(byUrgency(given).map((r) => r.id)).toEqual([5, 4, 3, 2, 6, 1])
  })

  it('leaves the list it was given alone', () => {
    const given = [report(1, 'green', '2026-11-30T09:00:00Z'), report(2, 'red', '2026-11-28T09:00:00Z')]
    byUrgency(given)
    expect(given.map((r) => r.id)).toEqual([1, 2])
  })
})

describe('matching', () => {
  const scopes = [
    { id: 1, name: '林晓慧', about: '区人大代表 · 暖溪第一选区' },
    { id: 2, name: '周启航', about: '市人大代表 · 第二选区' },
  ]

  it('finds by name and by place', () => {
    expect(matching(scopes, ' 启航 ').map((s) => s.id)).toEqual([2])
    expect(matching(scopes, '暖溪').map((s) => s.id)).toEqual([1])
    expect(matching(scopes, '没有')).toEqual([])
  })

  it('shows all without words', () => expect(matching(scopes, '  ')).toEqual(scopes))
})

it('asks what a role is for wherever the server wants it', () => {
  for (const id of ['deputy', 'department', 'community']) expect(roles.find((r) => r.id === id)?.which, id).toBeTruthy()
  for (const id of ['admin', 'auditor']) expect(roles.find((r) => r.id === id)?.which, id).toBeUndefined()
})
