import { expect, it } from 'vitest'
import { warnings } from './ties'

const ties = [
  { departmentId: 1, text: '这件事反映的就是这个单位' },
  { departmentId: 1, text: '这件事反映的是周立，在这个单位工作' },
  { departmentId: 2, text: '这件事反映的是周立，在这个单位工作' },
]

it('warns of the departments that were chosen, main or helping, and of no other', () => {
  expect(warnings(ties, [3])).toEqual({})
  expect(warnings(undefined, [1])).toEqual({})
  expect(warnings(ties, [3, 2])).toEqual({ 2: '这件事反映的是周立，在这个单位工作' })
  expect(warnings(ties, [1])).toEqual({ 1: '这件事反映的就是这个单位；这件事反映的是周立，在这个单位工作' })
})
