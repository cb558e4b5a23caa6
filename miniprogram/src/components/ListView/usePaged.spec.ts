import { beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/error'
import type { List } from '@/api/types'

let reachBottom = () => {}
vi.mock('@dcloudio/uni-app', () => ({ onPullDownRefresh: () => {}, onReachBottom: (f: () => void) => (reachBottom = f) }))

const { usePaged } = await import('./usePaged')
const pages: Record<string, List<number>> = { '': { items: [1, 2], next: 'c' }, c: { items: [3], next: '' } }
beforeEach(() => void (reachBottom = () => {}))

it('goes from its skeleton to its end, page by page', async () => {
  const list = usePaged(async (cursor) => pages[cursor]!)
  expect([list.phase.value, list.ended.value]).toEqual(['loading', false])
  await list.reload()
  expect([list.phase.value, list.items.value, list.ended.value]).toEqual(['ready', [1, 2], false])
  reachBottom()
  reachBottom()
  await vi.waitFor(() => expect(list.items.value).toEqual([1, 2, 3]))
  expect(list.ended.value).toBe(true)
})

it('keeps what is on screen when more cannot be fetched', async () => {
  let broken = false
  const list = usePaged(async (cursor) => {
    if (broken) throw new ApiError('offline', '网络断了')
    return pages[cursor]!
  })
  broken = true
  await list.reload()
  expect(list.phase.value).toBe('failed')
  broken = false
  await list.reload()
  broken = true
  await list.more()
  expect([list.phase.value, list.items.value, list.error.value?.code]).toEqual(['ready', [1, 2], 'offline'])
})

it('shows the answer to the newest question only', async () => {
  const answers: ((l: List<string>) => void)[] = []
  const list = usePaged<string>(() => new Promise((r) => answers.push(r)))
  const first = list.reload()
  const second = list.reload()
  answers[1]!({ items: ['new'], next: '' })
  await second
  answers[0]!({ items: ['old'], next: '' })
  await first
  expect(list.items.value).toEqual(['new'])
})
