import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/error'
import { get, post } from '@/api/request'
import { say } from '@/platform/say'
import { moveRow, withRow } from './rows'

vi.mock('@/api/request', () => ({ get: vi.fn(), post: vi.fn() }))
vi.mock('@/platform/say', () => ({ say: vi.fn() }))

const row = (id: number, stateName: string) => ({ id, number: `2026-000${id}`, stateName })

beforeEach(() => vi.resetAllMocks())

describe('moveRow', () => {
  it('shows the row as the server answered it', async () => {
    vi.mocked(post).mockResolvedValue(row(1, '已约好'))
    const show = vi.fn()
    await moveRow('bookings', 1, { command: 'accept' }, show)
    expect(post).toHaveBeenCalledWith('/bookings/1/commands', { command: 'accept' })
    expect(show.mock.calls).toEqual([[row(1, '已约好')]])
    expect(get).not.toHaveBeenCalled()
  })

  it('says why and shows the true state when somebody was faster', async () => {
    vi.mocked(post).mockRejectedValue(new ApiError('conflict', '现在的状态是“已取消”。', 409))
    vi.mocked(get).mockResolvedValue(row(1, '已取消'))
    const show = vi.fn()
    await expect(moveRow('bookings', 1, { command: 'accept' }, show)).rejects.toThrow('已取消')
    expect(say).toHaveBeenCalledWith('现在的状态是“已取消”。')
    expect(show.mock.calls).toEqual([[row(1, '已取消')]])
  })

  it('keeps the first reason when the row cannot be read either', async () => {
    vi.mocked(post).mockRejectedValue(new ApiError('conflict', '慢了一步。', 409))
    vi.mocked(get).mockRejectedValue(new ApiError('not_found', '没有找到。', 404))
    await expect(moveRow('reports', 1, { command: 'take' }, vi.fn())).rejects.toThrow('慢了一步。')
  })

  it('leaves the row alone when the network failed', async () => {
    vi.mocked(post).mockRejectedValue(new ApiError('offline', '断网'))
    const show = vi.fn()
    await expect(moveRow('reports', 1, { command: 'take' }, show)).rejects.toThrow('断网')
    expect(show).not.toHaveBeenCalled()
    expect(get).not.toHaveBeenCalled()
  })
})

describe('withRow', () => {
  const rows = [row(1, '待受理'), row(2, '待受理')]

  it('puts the fresh row in its place', () => expect(withRow(rows, row(2, '已受理'))).toEqual([row(1, '待受理'), row(2, '已受理')]))
  it('drops a row that no longer belongs', () => expect(withRow(rows, row(1, '已反馈'), (r) => r.stateName !== '已反馈')).toEqual([row(2, '待受理')]))
  it('adds nothing that was not there', () => expect(withRow(rows, row(3, '已受理'))).toEqual(rows))
})
