import { describe, expect, it } from 'vitest'
import type { Post, RosterField, Setup, SetupStep } from '@/api/types'
import { opened, pageOf } from '@/pages/scan/scene'
import { heldWords, unheld } from './people'
import { lacksOf, toggled } from './roster'
import { openSteps, summary } from './setup'

const step = (id: string, state: SetupStep['state']) => ({ id, state }) as SetupStep

describe('the checklist', () => {
  it('puts what stops people from being served first, and leaves out what is done', () =>
    expect(openSteps([step('a', 'advice'), step('b', 'done'), step('c', 'todo'), step('d', 'todo')]).map((s) => s.id)).toEqual(['c', 'd', 'a']))
  it('says where it stands', () => {
    expect(summary({ todo: 2, advice: 1 } as Setup)).toContain('还有 2 步')
    expect(summary({ todo: 0, advice: 1 } as Setup)).toContain('可以开始')
    expect(summary({ todo: 0, advice: 0 } as Setup)).toContain('都准备好了')
  })
})

describe('the form', () => {
  const field = { choices: ['面谈', '讲座', '电话'] } as RosterField
  it('keeps several choices in their order', () => {
    expect(toggled(field, '', '电话')).toBe('电话')
    expect(toggled(field, '电话', '面谈')).toBe('面谈、电话')
    expect(toggled(field, '面谈、电话', '面谈')).toBe('电话')
  })
  it('puts what is wrong at its field', () => expect(lacksOf({ 'values[1]': '手机号应为 11 位数字。', other: 'x' })).toEqual({ 1: '手机号应为 11 位数字。' }))
})

describe('posts', () => {
  const post = (scopeId: number, holders: unknown[], invites: unknown[]) => ({ scopeId, holders, invites }) as Post
  it('prints slips for what nobody holds and no invite is out for', () => {
    expect(unheld('deputy', [post(1, [], []), post(2, [{}], []), post(3, [], [{}])]).map((p) => p.scopeId)).toEqual([1])
    expect(unheld('staff', [post(0, [], [])])).toEqual([])
    expect(unheld('admin', [post(0, [], [])])).toEqual([])
  })
  it('counts them', () => {
    expect(heldWords({ role: 'deputy', roleName: '', held: 3, total: 5 })).toBe('3/5')
    expect(heldWords({ role: 'admin', roleName: '', held: 2, total: 0 })).toBe('2')
  })
})

describe('codes that carry a secret', () => {
  it('lead to their page', () => {
    const invite = opened('i%3DABCDEFGHIJ')
    expect(invite).toEqual({ kind: 'invite', code: 'ABCDEFGHIJ' })
    expect(pageOf(invite as never)).toBe('/pages/me/invite?code=ABCDEFGHIJ')
  })
  it('and nothing else', () => {
    for (const bad of ['i=AB', 'i=A B C D E F', 'q=../../x', 'z=ABCDEFGHIJ', `i=${'A'.repeat(31)}`]) expect(opened(bad), bad).toBeUndefined()
  })
})
