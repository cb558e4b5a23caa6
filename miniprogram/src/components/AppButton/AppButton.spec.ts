import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import AppButton from './AppButton.vue'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const button = (props: Record<string, unknown>) => mount(AppButton, { props, slots: { default: '提交' } }).find('button')

it('runs once for taps while it is busy, and says that it is', async () => {
  let finish = () => {}
  const act = vi.fn(() => new Promise<void>((r) => (finish = r)))
  const b = button({ act })
  await b.trigger('click')
  vi.advanceTimersByTime(5_000)
  await b.trigger('click')
  expect(act).toHaveBeenCalledTimes(1)
  expect(b.attributes('aria-busy')).toBe('true')
  finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(b.attributes('aria-busy')).toBe('false')
  await b.trigger('click')
  expect(act).toHaveBeenCalledTimes(2)
})

it('takes a double tap for one', async () => {
  const act = vi.fn()
  const b = button({ act })
  await b.trigger('click')
  await b.trigger('click')
  expect(act).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(600)
  await b.trigger('click')
  expect(act).toHaveBeenCalledTimes(2)
})

it('does nothing when disabled, and tells a screen reader', async () => {
  const act = vi.fn()
  const b = button({ act, disabled: true, label: '提交预约' })
  await b.trigger('click')
  expect(act).not.toHaveBeenCalled()
  expect(b.attributes()).toMatchObject({ 'aria-disabled': 'true', 'aria-label': '提交预约', role: 'button' })
})
