import { describe, expect, it } from 'vitest'
import type { Category } from '@/api/types'
import { bodyOf, emptyProxy, lacking } from './proxy'

const whole = { ...emptyProxy(3), phone: ' 138 0013 8000 ', who: 'fresh' as const, name: ' 李桂芳 ', categoryId: 1, body: ' 楼道的灯坏了半个月 ', consent: true }

describe('a report on a resident’s behalf', () => {
  it('asks for what is missing, in the order of the form', () => {
    expect(Object.keys(lacking(emptyProxy()))).toEqual(['phone', 'category', 'body', 'place', 'consent'])
    expect(Object.keys(lacking({ ...whole, who: undefined }))).toEqual(['who'])
    expect(Object.keys(lacking({ ...whole, name: ' ' }))).toEqual(['name'])
    expect(lacking({ ...whole, who: 7, name: '' })).toEqual({})
    expect(lacking({ ...whole, consent: false }).consent).toContain('读给居民听')
    expect(lacking({ ...whole, who: 'unasked', name: '' })).toHaveProperty('name')
    expect(lacking({ ...whole, who: 'unasked' })).toEqual({})
    expect(lacking(whole, { loose: 1, refused: 0 }).photos).toContain('没有传上去')
    expect(lacking(whole, { loose: 0, refused: 2 }).photos).toContain('2 张照片不能用')
    expect(lacking(whole)).toEqual({})
  })

  it('asks what the category asks, and sends what was answered', () => {
    const category = { id: 1, questions: [{ id: 4, text: '哪一层', kind: 'text', required: true, options: [] }] } as unknown as Category
    expect(lacking(whole, undefined, category)).toEqual({ 'answers.4': '请写一句。' })
    const answered = { ...whole, answers: { '1-4': ' 三层 ', '2-4': '别的' } }
    expect(lacking(answered, undefined, category)).toEqual({})
    expect(bodyOf(answered, '', category).answers).toEqual([{ questionId: 4, answer: '三层' }])
    expect(lacking({ ...whole, body: '水'.repeat(2001) }).body).toContain('最多 2000 个字')
  })

  it('sends whose it is, and how they agreed', () => {
    expect(bodyOf(whole, '我同意。')).toMatchObject({ phone: '138 0013 8000', name: '李桂芳', residentId: 0, another: false, how: 'face', place: { communityId: 3, text: '' }, read: '我同意。' })
    expect(bodyOf({ ...whole, who: 7, how: 'phone' }, '')).toMatchObject({ residentId: 7, another: false, how: 'phone' })
    expect(bodyOf({ ...whole, who: 'another' }, '')).toMatchObject({ residentId: 0, another: true })
  })
})
