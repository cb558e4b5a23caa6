import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useAgain } from './again'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Something that is looked at, whose answers come when told. */
function asked() {
  const answers: ((more: boolean) => void)[] = []
  const look = vi.fn(() => new Promise<boolean>((resolve) => answers.push(resolve)))
  const answer = async (more: boolean) => {
    answers.shift()?.(more)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { look, answer }
}

it('looks again after each pause, as long as there is more', async () => {
  const { look, answer } = asked()
  useAgain(look, 1000).start(0)
  await vi.advanceTimersByTimeAsync(0)
  await answer(true)
  await vi.advanceTimersByTimeAsync(1000)
  expect(look).toHaveBeenCalledTimes(2)
  await answer(false)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(look).toHaveBeenCalledTimes(2)
})

it('ends with its page, also while it looks', async () => {
  const { look, answer } = asked()
  const page = effectScope()
  page.run(() => useAgain(look, 1000).start(0))
  await vi.advanceTimersByTimeAsync(0)
  page.stop()
  await answer(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(look).toHaveBeenCalledTimes(1)
})

it('is one line of questions, however often it is begun', async () => {
  const { look, answer } = asked()
  const again = useAgain(look, 1000)
  again.start(0)
  await vi.advanceTimersByTimeAsync(0)
  again.start(0)
  await vi.advanceTimersByTimeAsync(0)
  await answer(true)
  await answer(true)
  await vi.advanceTimersByTimeAsync(1000)
  expect(look).toHaveBeenCalledTimes(3)
})
