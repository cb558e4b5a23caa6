import { describe, expect, it } from 'vitest'
import { problemFrom } from '@/api/error'
import type { Import } from '@/api/types'
import { counted, moved, parts, standing } from './import'

const im = (over: Partial<Import>): Import => ({ id: 1, fileName: 'x', state: 'waiting', creates: 0, changes: 0, same: 0, faults: 0, faultCount: 0, faultList: [], notes: [], kinds: [], inWords: '', createdAt: '', expiresAt: '', ...over })

describe('an import on the screen', () => {
  it('shows a fault by its cell', () => {
    expect(parts('代表!C7：手机号应为 11 位数字')).toEqual(['代表!C7', '手机号应为 11 位数字'])
    expect(parts('没有冒号')).toEqual(['', '没有冒号'])
  })

  it('offers a yes only for something to do that is whole', () => {
    expect(standing(im({ creates: 1 }))).toBe('ready')
    expect(standing(im({ creates: 1, faults: 1 }))).toBe('faults')
    expect(standing(im({ same: 3 }))).toBe('nothing')
    expect(standing(im({ state: 'applied', creates: 1 }))).toBe('applied')
    expect(standing(im({ state: 'gone', creates: 1 }))).toBe('gone')
  })

  it('lists every row that others changed', () => {
    const error = problemFrom(409, { code: 'conflict', detail: '有 2 处', fields: [{ path: 'rows[0]', message: '甲' }, { path: 'rows[1]', message: '乙' }, { path: 'file', message: '丙' }] })
    expect(moved(error)).toEqual(['甲', '乙'])
    expect(moved(undefined)).toEqual([])
  })

  it('counts only what there is', () => {
    expect(counted({ creates: 3, changes: 0, same: 20, faults: 0 })).toBe('新增 3 · 不变 20')
  })
})
