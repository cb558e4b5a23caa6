import { expect, it } from 'vitest'
import { faultsIn } from './check'

const whole = { categoryId: 3, body: '门口一下雨就积水', communityId: 1, placeText: '12 号门口', photoIds: [], deputyId: 0, unsent: 0 }
const quiet = { sending: 0, failed: 0 }

it('finds nothing in a whole report', () => expect(faultsIn(whole, quiet)).toEqual({}))

it.each([
  ['categoryId', { categoryId: 0 }],
  ['body', { body: '  ' }],
  ['body', { body: '坏了' }],
  ['communityId', { communityId: 0 }],
  ['placeText', { placeText: ' ' }],
])('names %s', (field, change) => expect(Object.keys(faultsIn({ ...whole, ...change }, quiet))).toEqual([field]))

it('waits for photos, and names those that failed', () => {
  expect(faultsIn(whole, { sending: 2, failed: 1 }).photoIds).toContain('2 张照片在上传')
  expect(faultsIn(whole, { sending: 0, failed: 1 }).photoIds).toContain('1 张照片没传上')
})
