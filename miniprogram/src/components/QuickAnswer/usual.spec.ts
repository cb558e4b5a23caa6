import { expect, it } from 'vitest'
import type { Action } from '@/api/types'
import { deedOf, heldOf, swiped, usualOf } from './usual'

const action = (command: string, more: Partial<Action> = {}): Action => ({ command, label: command, primary: true, danger: false, needs: [], takes: [], confirm: '', ...more })

it('is the primary action that asks for nothing', () => {
  expect(usualOf([action('return', { primary: false }), action('accept')])?.command).toBe('accept')
  for (const not of [action('dispatch', { needs: ['department'] }), action('cancel', { danger: true }), action('merge', { confirm: '确定吗？' })]) expect(usualOf([not])).toBeUndefined()
})

it('is held back only without words of its own', () => {
  expect(heldOf([action('accept')], { command: 'accept', seen: 'x' })?.command).toBe('accept')
  expect(heldOf([action('accept')], { command: 'reject' })).toBeUndefined()
  expect(heldOf([action('accept')], { command: 'accept', note: '好' })).toBeUndefined()
  expect(heldOf([action('decline', { needs: ['reason'] })], { command: 'decline' })).toBeUndefined()
})

it('holds back what was asked about twice, too: nobody is told of it before', () => {
  const absent = action('resident_absent', { primary: false, danger: true, confirm: '确定选民没有到场吗？' })
  expect(usualOf([absent])).toBeUndefined()
  expect(heldOf([absent], { command: 'resident_absent', seen: 'x' })).toBe(absent)
  expect([absent, action('accept')].map(deedOf)).toEqual(['记为选民未到', 'accept'])
})

it('takes a scroll for no swipe', () => expect([swiped(-80, 5), swiped(-80, 60), swiped(80, 0), swiped(-30, 0)]).toEqual([true, false, false, false]))
