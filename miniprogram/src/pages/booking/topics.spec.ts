import { expect, it } from 'vitest'
import type { Slot } from '@/api/types'
import { newBooking, newWait, topicFor, topicsOf } from './topics'

const theirs = ['心理健康', '养老助残']

it('offers the deputy’s specialities and everything else', () => expect(topicsOf(theirs).map((t) => t.name)).toEqual(['心理健康', '养老助残', '其他']))

it('chooses what was looked for, unless the person chose', () => {
  expect(topicFor('', '心理健康', theirs)).toBe('心理健康')
  expect(topicFor('其他', '心理健康', theirs)).toBe('其他')
  expect(topicFor('', '法律咨询', theirs)).toBe('')
})

it('drops what an older version let people type: a category is one of these', () => expect(topicFor('最近睡不好', '', theirs)).toBe(''))

it('sends the category and, apart from it, the own words', () => {
  const slot = { start: '2026-11-24T09:00:00+08:00', service: 'phone', timeText: '明天' } as Slot
  const words = { deputyId: 3, topic: '其他', note: ' 白天没精神 ' }
  expect(newBooking(words, slot)).toEqual({ deputyId: 3, start: slot.start, service: 'phone', topic: '其他', note: '白天没精神' })
  expect(newWait(words, slot)).toEqual(newBooking(words, slot))
})
