import { describe, expect, it } from 'vitest'
import { portion, settled } from './export'

describe('an export', () => {
  it('is asked about until it has ended', () => {
    expect((['waiting', 'running'] as const).map((state) => settled({ state }))).toEqual([false, false])
    expect((['done', 'failed', 'refused', 'gone'] as const).map((state) => settled({ state }))).toEqual([true, true, true, true])
  })

  it('is never full before its file is there', () => {
    expect(portion({ state: 'waiting', done: 0, total: 0 })).toBe(0)
    expect(portion({ state: 'running', done: 50_000, total: 100_000 })).toBe(50)
    expect(portion({ state: 'running', done: 100_000, total: 100_000 })).toBe(95)
    expect(portion({ state: 'done', done: 3, total: 3 })).toBe(100)
  })
})
