import { createPinia, setActivePinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import { fakeUni } from '../../tests/fake-uni'

it('shows the answer to the later of two questions, whichever comes last', async () => {
  vi.resetModules()
  setActivePinia(createPinia())
  const phone = fakeUni()
  const answers: ((r: unknown) => void)[] = []
  Object.assign(phone.uni, { request: (o: { success: (r: unknown) => void }) => void answers.push(o.success) })
  const { matterAt } = await import('./matter')
  phone.kept.set('warmcabin:resident:token', '"t"')
  const { matter, load } = matterAt<{ state: string }>(() => ({ collection: 'reports', id: '7' }))
  const both = [load(), load()]
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  const say = (n: number, state: string) => answers[n]?.({ statusCode: 200, data: { state }, header: {} })
  say(1, 'in_progress')
  await both[1]
  say(0, 'dispatched')
  await both[0]
  expect(matter.value?.state).toBe('in_progress')
})
