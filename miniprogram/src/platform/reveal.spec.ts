import { expect, it, vi } from 'vitest'
import { scrollFor, topmost } from './reveal'

const view = { top: 100, bottom: 800 }

it('scrolls what stands below into view, with the button under it, and its beginning never away', () => {
  expect(scrollFor({ top: 200, bottom: 300 }, view)).toBe(0)
  expect(scrollFor({ top: 760, bottom: 900 }, view)).toBe(196)
  expect(scrollFor({ top: 120, bottom: 1500 }, view)).toBe(20) // longer than the view
  expect(scrollFor({ top: 40, bottom: 60 }, view)).toBe(-180) // above: with its field
})

it('shows the topmost of what went wrong at once', () => {
  vi.useFakeTimers()
  const shown: number[] = []
  const show = topmost((part) => shown.push(part.top))
  for (const top of [500, 90, 700]) show({ top, bottom: top + 20 })
  vi.runAllTimers()
  show({ top: 600, bottom: 620 })
  vi.runAllTimers()
  expect(shown).toEqual([90, 600])
  vi.useRealTimers()
})
