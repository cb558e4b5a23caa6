import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { fakeUni } from '../../tests/fake-uni'
import { usePrompts } from './prompts'

// One person's phone: what the server says is worth asking, and what WeChat (the simulator) answers.
const subscribe = vi.hoisted(() => ({ asked: [] as string[][], answer: 'accept', off: false, keeps: false }))
vi.mock('@/platform/subscribe', () => ({
  keepsChoice: async () => subscribe.keeps,
  requestSubscribe: async (templates: { id: string }[]) => {
    if (subscribe.off) return { answers: {}, off: true }
    subscribe.asked.push(templates.map((t) => t.id))
    return { answers: Object.fromEntries(templates.map((t) => [t.id, subscribe.answer])), off: false }
  },
}))

const worth = vi.hoisted(() => ({ matter: [] as { id: string; title: string }[], workbench: [] as { id: string; title: string }[] }))
const told = vi.hoisted(() => [] as unknown[])
vi.mock('@/api/request', () => ({
  get: async (path: string) => ({ templates: path.includes('moment=workbench') ? worth.workbench : worth.matter }),
  post: async (_: string, body: unknown) => void told.push(body),
}))

const result = { id: 'tmpl-result', title: '办理结果通知' }

beforeEach(() => {
  fakeUni()
  vi.useFakeTimers()
  setActivePinia(createPinia())
  Object.assign(subscribe, { asked: [], answer: 'accept', off: false, keeps: false })
  Object.assign(worth, { matter: [result], workbench: [] })
  told.length = 0
})

it('asks once in a visit when a waiting matter is opened, and not when it waits for nothing', async () => {
  const prompts = usePrompts()
  await prompts.open(false)
  expect(prompts.opening(false)).toBeUndefined()
  await prompts.opening(true)
  expect(subscribe.asked).toEqual([['tmpl-result']])
  await prompts.prepare('matter')
  vi.advanceTimersByTime(10 * 60_000)
  expect(prompts.opening(true)).toBeUndefined()
})

it('never asks by itself after a no, until the app is opened anew', async () => {
  subscribe.answer = 'reject'
  worth.workbench = [result]
  const prompts = usePrompts()
  await prompts.open(true)
  await prompts.ask('workbench')
  vi.advanceTimersByTime(10 * 60_000)
  expect(prompts.opening(true)).toBeUndefined()
  prompts.hidden()
  vi.advanceTimersByTime(29 * 60_000)
  expect(prompts.shown()).toBe(false)
  prompts.hidden()
  vi.advanceTimersByTime(31 * 60_000)
  expect(prompts.shown()).toBe(true)
  await prompts.open(true)
  await prompts.opening(true)
  expect(subscribe.asked).toHaveLength(2)
  expect((told as { visit: string }[]).map((t) => t.visit)).toHaveLength(2)
  expect(new Set((told as { visit: string }[]).map((t) => t.visit)).size).toBe(2)
})

it('asks no second time soon after another prompt', async () => {
  worth.workbench = [result]
  const prompts = usePrompts()
  await prompts.open(true)
  await prompts.ask('workbench')
  expect(prompts.opening(true)).toBeUndefined()
  vi.advanceTimersByTime(61_000)
  expect(prompts.opening(true)).toBeDefined()
})

it('tops up at the first tap of a visit when WeChat keeps the choice: five for working people, one for a resident', async () => {
  subscribe.keeps = true
  worth.workbench = [{ id: 'tmpl-asked', title: '新的预约提醒' }]
  const prompts = usePrompts()
  await prompts.open(true)
  expect(subscribe.asked).toHaveLength(0) // not without a tap
  for (let i = 0; i < 3; i++) {
    prompts.tapped()
    await vi.runAllTimersAsync()
  }
  expect(subscribe.asked.map((a) => a[0])).toEqual(['tmpl-result', ...Array<string>(5).fill('tmpl-asked')])
  prompts.tapped()
  await vi.runAllTimersAsync()
  expect(subscribe.asked).toHaveLength(6)
})

it('opens nothing by a tap when the choice is not kept', async () => {
  const prompts = usePrompts()
  await prompts.open(true)
  prompts.tapped()
  await vi.runAllTimersAsync()
  expect(subscribe.asked).toHaveLength(0)
})

it('says once in a visit that the main switch is off, and again when the person asks to be told', async () => {
  subscribe.off = true
  const prompts = usePrompts()
  await prompts.open(false)
  expect(await prompts.ask('matter')).toBe(0)
  expect(prompts.off).toBe(true)
  expect(told).toHaveLength(0)
  prompts.off = false
  await prompts.prepare('matter')
  await prompts.ask('matter')
  expect(prompts.off).toBe(false)
  prompts.willing()
  await prompts.prepare('matter')
  await prompts.ask('matter')
  expect(prompts.off).toBe(true)
})
