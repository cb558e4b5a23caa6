import { expect, it } from 'vitest'
import { emptyVisit, faultsOfVisit, momentOf, nowParts } from './visit'

const whole = { communityId: 1, deputyId: 0, place: '3 号楼', whom: '楼栋居民', heard: '路灯不亮', at: '' }

it('says what is missing, by field', () => {
  expect(Object.keys(faultsOfVisit(emptyVisit())).sort()).toEqual(['communityId', 'heard', 'place', 'whom'])
  expect(faultsOfVisit(whole)).toEqual({})
})

it('takes no phone and no identity number, however it is written', () => {
  for (const heard of ['王阿姨 13800138000', '电话 138-0013-8000', '１３８００１３８０００', '证件 110101199003077777'])
    expect(faultsOfVisit({ ...whole, heard }).heard, heard).toContain('不写居民的电话')
  expect(faultsOfVisit({ ...whole, heard: '3 号楼 502 门口堆物' })).toEqual({})
})

it('reads the moment of the phone', () => {
  const at = new Date(2026, 10, 28, 9, 5)
  expect(nowParts(at)).toEqual({ date: '2026-11-28', time: '09:05' })
  expect(new Date(momentOf('2026-11-28T09:05')).getTime()).toBe(at.getTime())
})
