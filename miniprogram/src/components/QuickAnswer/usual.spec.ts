import { expect, it } from 'vitest'
import type { Action } from '@/api/types'
import { isUsual, swiped, usualOf } from './usual'

const action = (command: string, more: Partial<Action> = {}): Action => ({ command, label: command, primary: true, danger: false, needs: [], takes: [], confirm: '', ...more })

it('is the primary action that asks for nothing', () => {
  expect(usualOf([action('return', { primary: false }), action('accept')])?.command).toBe('accept')
  for (const not of [action('dispatch', { needs: ['department'] }), action('cancel', { danger: true }), action('merge', { confirm: '确定吗？' })]) expect(usualOf([not])).toBeUndefined()
})

it('is held back only as it is', () => {
  expect(isUsual([action('accept')], { command: 'accept', seen: 'x' })).toBe(true)
  expect(isUsual([action('accept')], { command: 'reject' })).toBe(false)
  expect(isUsual([action('accept')], { command: 'accept', note: '好' })).toBe(false)
})

it('takes a scroll for no swipe', () => expect([swiped(-80, 5), swiped(-80, 60), swiped(80, 0), swiped(-30, 0)]).toEqual([true, false, false, false]))
