import { expect, it } from 'vitest'
import { wholeMobile } from '@/components/WhoseMatter/whose'
import { bodyOf, emptyWalkIn, lacking } from './walkin'

const whole = { ...emptyWalkIn(), phone: ' 13800138000', who: 'fresh' as const, name: '王秀兰 ', deputyId: 1, start: '2026-11-25T09:00:00+08:00', topic: '睡不好', consent: true }

it('says what is missing, step by step', () => {
  expect(Object.keys(lacking(emptyWalkIn()))).toEqual(['phone', 'deputy', 'consent'])
  expect(Object.keys(lacking({ ...whole, topic: ' ' }))).toEqual(['topic'])
  expect(Object.keys(lacking({ ...whole, who: undefined, start: '' }))).toEqual(['who', 'start'])
  expect(Object.keys(lacking({ ...whole, name: ' ' }))).toEqual(['name'])
  expect(lacking(whole)).toEqual({})
  expect(lacking({ ...whole, who: 7, name: '' })).toEqual({})
})

it('sends who it is', () => {
  expect(bodyOf(whole)).toMatchObject({ phone: '13800138000', name: '王秀兰', residentId: 0, another: false, consent: true })
  expect(bodyOf({ ...whole, who: 7, name: '' })).toMatchObject({ residentId: 7, another: false, name: '' })
  expect(bodyOf({ ...whole, who: 'another' })).toMatchObject({ residentId: 0, another: true })
})

it('signs up for a talk with who it is and how many come', () => {
  const seats = { ...emptyWalkIn(), phone: '13800138000', who: 'fresh' as const, name: '王秀兰', consent: true, talkId: 3, party: 2 }
  expect(lacking(seats)).toEqual({})
  expect(Object.keys(lacking({ ...seats, consent: false, name: '' }))).toEqual(['name', 'consent'])
  expect(bodyOf(seats)).toEqual({ phone: '13800138000', name: '王秀兰', residentId: 0, another: false, consent: true, talkId: 3, party: 2 })
})

it('knows a whole mobile', () => {
  expect(['13800138000', '138 0013-8000', '1380013800', '0571-88880000', ''].map(wholeMobile)).toEqual([true, true, false, false, false])
})
