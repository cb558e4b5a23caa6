import { expect, test } from 'vitest'
import { detailsOf } from './audit'

test('what an entry holds is said a line each, the states are left to its sentence', () => {
  expect(detailsOf('{"department":0,"from":"","to":"submitted"}')).toEqual([])
  expect(detailsOf('{"department":3,"from":"a","to":"b"}')).toEqual(['承办单位编号：3'])
  expect(detailsOf('{"name":"booking_days","old":14,"new":0}')).toEqual(['名称：booking_days', '原来：14', '改成：0'])
  expect(detailsOf('{"found":[1,2],"strange":"x"}')).toEqual(['找到的人：[1,2]', 'strange：x'])
  for (const empty of ['null', '{}', '', '3']) expect(detailsOf(empty)).toEqual([])
  expect(detailsOf('no JSON')).toEqual(['no JSON'])
})
