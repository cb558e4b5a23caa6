import { expect, it } from 'vitest'
import type { Action } from '@/api/types'
import { commandOf, emptyFill, missing } from './fill'

const action = (command: string, needs: Action['needs']): Action => ({ command, label: '做', primary: true, danger: false, needs, confirm: '' })

it('names each thing still missing', () => {
  const all = action('x', ['reason', 'note', 'stars', 'outcome', 'department', 'offer', 'photos', 'days'])
  // No days is an answer: the category's own.
  expect(Object.keys(missing(all, emptyFill())).sort()).toEqual(['department', 'note', 'outcome', 'photos', 'reason', 'stars'])
})

it('sends only what the action asks for', () => {
  const filled = { ...emptyFill(), reason: ' 当天出差 ', note: '别的', stars: 5, text: '' }
  expect(commandOf(action('decline', ['reason']), filled)).toEqual({ command: 'decline', reason: '当天出差' })
  expect(commandOf(action('rate', ['stars']), filled)).toEqual({ command: 'rate', stars: 5, text: undefined })
})

it('sends photos that were added to the words', () => {
  expect(commandOf(action('progress', ['note']), { ...emptyFill(), note: '已到场', photoIds: ['p1'] })).toEqual({ command: 'progress', note: '已到场', photoIds: ['p1'] })
})
