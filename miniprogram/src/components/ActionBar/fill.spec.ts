import { expect, it } from 'vitest'
import type { Action } from '@/api/types'
import { commandOf, emptyFill, missing } from './fill'

const action = (command: string, needs: Action['needs'], takes: Action['takes'] = []): Action => ({ command, label: '做', primary: true, danger: false, needs, takes, confirm: '' })

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

it('lets no sentence go with a blank in it', () => {
  const half = { ...emptyFill(), reason: '请补一张能看清〔哪里〕的照片' }
  expect(missing(action('return', ['reason']), half).reason).toContain('〔哪里〕')
  expect(missing(action('return', ['reason']), { ...half, reason: '请补一张能看清井盖的照片' })).toEqual({})
})

it('asks how many days more, and by how many departments', () => {
  expect(missing(action('ask_time', ['reason', 'days']), { ...emptyFill(), reason: '要占道' }).days).toBeTruthy()
  expect(commandOf(action('dispatch', ['department', 'days'], ['helpers']), { ...emptyFill(), departmentId: 1, helperIds: [2, 3] })).toEqual({ command: 'dispatch', departmentId: 1, days: 0, helperIds: [2, 3] })
})

it('sends photos that were added to the words', () => {
  expect(commandOf(action('progress', ['note'], ['photos']), { ...emptyFill(), note: '已到场', photoIds: ['p1'] })).toEqual({ command: 'progress', note: '已到场', photoIds: ['p1'] })
})
