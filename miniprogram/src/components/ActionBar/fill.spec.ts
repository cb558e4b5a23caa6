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

it('tells by how much words are too long, an emoji being one, and cuts nothing off', () => {
  const long = { ...emptyFill(), reason: '😀'.repeat(201), note: '水'.repeat(20_000), stars: 5, text: '好'.repeat(1001) }
  expect(missing(action('x', ['reason', 'note', 'stars']), long)).toEqual({
    reason: '最多 200 个字，现在有 201 个，请去掉 1 个。',
    note: '最多 1000 个字，现在有 20000 个，请去掉 19000 个。',
    stars: '最多 1000 个字，现在有 1001 个，请去掉 1 个。',
  })
  expect(missing(action('x', ['reason']), { ...emptyFill(), reason: '😀'.repeat(200) })).toEqual({})
})

it('lets no photo stay behind unseen', () => {
  const written = { ...emptyFill(), note: '已到场', outcome: 'fixed' as const }
  expect(missing(action('progress', ['note'], ['photos']), written, 2).photos).toContain('有 2 张照片没有传上去')
  expect(missing(action('resolve', ['outcome', 'note'], ['pair']), written, 1).pair).toContain('有 1 张照片没有传上去')
  expect(missing(action('progress', ['note'], ['photos']), written, 2, 1).photos).toBe('有 1 张照片不能用，请去掉。') // sending it again will not help
})

it('calls the words what they are', () => {
  expect(missing(action('ask', ['reason']), emptyFill()).reason).toBe('请写要问的问题，对方会看到。')
  expect(missing(action('return', ['reason']), emptyFill()).reason).toBe('请写对方要补充什么，对方会看到。')
  expect(missing(action('comment', ['note']), emptyFill()).note).toBe('请写留言。')
  expect(missing(action('send_back', ['reason']), emptyFill()).reason).toBe('请写一句原因，对方会看到。')
})
