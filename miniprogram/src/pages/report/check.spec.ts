import { expect, it } from 'vitest'
import type { Category } from '@/api/types'
import { answersOf } from '@/components/CategoryAsk/answers'
import { buildingsLike, faultsIn } from './check'

const whole = { categoryId: 3, body: '门口一下雨就积水', communityId: 1, building: '', placeText: '12 号门口', spot: null, answers: {}, photos: [], deputyId: 0, unsent: 0 }
const quiet = { loose: 0, refused: 0 }
const category = {
  id: 3,
  questions: [
    { id: 1, text: '水有多深', kind: 'choice', required: true, options: ['浅', '深'] },
    { id: 2, text: '什么时候', kind: 'text', required: false, options: [] },
  ],
} as unknown as Category

it('finds nothing in a whole report', () => expect(faultsIn(whole, quiet)).toEqual({}))

it.each([
  ['categoryId', { categoryId: 0 }],
  ['body', { body: '  ' }],
  ['body', { body: '坏了' }],
  ['communityId', { communityId: 0 }],
  ['placeText', { placeText: ' ' }],
])('names %s', (field, change) => expect(Object.keys(faultsIn({ ...whole, ...change }, quiet))).toEqual([field]))

it('says by how much the words are too long, counted as the server counts', () => {
  expect(faultsIn({ ...whole, body: '水'.repeat(2000) }, quiet)).toEqual({})
  expect(faultsIn({ ...whole, body: '𠮷'.repeat(2000) }, quiet)).toEqual({})
  expect(faultsIn({ ...whole, body: '水'.repeat(20_000) }, quiet).body).toContain('最多 2000 个字，现在有 20000 个，请去掉 18000 个')
})

it('takes a building or a place on the map for the words', () => {
  expect(faultsIn({ ...whole, placeText: '', building: '3 号楼' }, quiet)).toEqual({})
  expect(faultsIn({ ...whole, placeText: '', spot: { name: '北门', lat: 30, lng: 119 } }, quiet)).toEqual({})
})

it('waits for photos that would be lost, and names those that can never be sent', () => {
  expect(faultsIn(whole, { loose: 2, refused: 0 }).photoIds).toContain('2 张照片没传上')
  expect(faultsIn(whole, { loose: 0, refused: 1 }).photoIds).toContain('1 张照片不能用')
})

it('asks what the category asks, and keeps each category’s answers apart', () => {
  expect(Object.keys(faultsIn(whole, quiet, category))).toEqual(['answers.1'])
  const answered = { ...whole, answers: { '3-1': '深', '3-2': ' 下雨天 ', '4-1': '别的' } }
  expect(faultsIn(answered, quiet, category)).toEqual({})
  expect(answersOf(answered, category)).toEqual([{ questionId: 1, answer: '深' }, { questionId: 2, answer: '下雨天' }])
})

it('finds a building by what is typed of it', () => {
  const all = ['书香苑 1 号楼', '书香苑 3 号楼', '书香苑 13 号楼', '老年公寓']
  expect(buildingsLike(all, '')).toEqual(all)
  expect(buildingsLike(all, '3号')).toEqual(['书香苑 3 号楼', '书香苑 13 号楼'])
  expect(buildingsLike(all, '３ 号')).toEqual(['书香苑 3 号楼', '书香苑 13 号楼'])
  expect(buildingsLike(all, '书香苑3号楼')).toEqual([])
  expect(buildingsLike(all, '没有的')).toEqual([])
})
