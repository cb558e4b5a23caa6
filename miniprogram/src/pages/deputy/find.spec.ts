import { beforeEach, describe, expect, it, vi } from 'vitest'
import { get } from '@/api/request'
import { findDeputies, type Wanted } from './find'

vi.mock('@/api/request', () => ({ get: vi.fn() }))

const all: Wanted = { words: '', need: '', stationId: 0, constituency: '', specialityId: 0 }
const asked = () => vi.mocked(get).mock.calls.map(([path]) => decodeURIComponent(path))
const answers = (...pages: number[][]) => {
  for (const ids of pages) vi.mocked(get).mockResolvedValueOnce({ items: ids.map((id) => ({ id })), next: ids.length ? 'c' : '' })
}

beforeEach(() => vi.resetAllMocks())

describe('findDeputies', () => {
  it('asks for everybody when nothing is wanted, and says nothing of needs when nobody is there', async () => {
    answers([])
    expect((await findDeputies(all, '')).byNeed).toBe(false)
    expect(asked()).toEqual(['/deputies'])
  })

  it('takes words for a name first, and asks no more when somebody has it', async () => {
    answers([1])
    expect(await findDeputies({ ...all, words: '林' }, '')).toMatchObject({ items: [{ id: 1 }], byNeed: false })
    expect(asked()).toEqual(['/deputies?q=林'])
  })

  it('takes them for a need when nobody is called so', async () => {
    answers([], [2])
    expect(await findDeputies({ ...all, words: '睡不好', stationId: 3 }, '')).toMatchObject({ items: [{ id: 2 }], byNeed: true })
    expect(asked()).toEqual(['/deputies?q=睡不好&stationId=3', '/deputies?need=睡不好&stationId=3'])
  })

  it('never begins a need in the middle of a list', async () => {
    answers([])
    expect((await findDeputies({ ...all, words: '林' }, 'c')).byNeed).toBe(false)
    expect(asked()).toEqual(['/deputies?q=林&cursor=c'])
  })

  it('asks a chosen need as such, within the filters', async () => {
    answers([])
    expect((await findDeputies({ ...all, need: '想创业', constituency: '第一选区', specialityId: 2 }, '')).byNeed).toBe(true)
    expect(asked()).toEqual(['/deputies?need=想创业&constituency=第一选区&speciality=2'])
  })
})
