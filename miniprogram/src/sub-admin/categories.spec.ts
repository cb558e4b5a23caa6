import { expect, it } from 'vitest'
import type { Question } from '@/api/types'
import { emptyForm, faultsInCategory, newQuestion, sent } from './categories'

const asks = (change: Partial<Question>): Question => ({ ...newQuestion(), text: '水有多深', ...change })
const named = { ...emptyForm(), name: ' 道路积水 ' }

it('a name is enough', () => expect(faultsInCategory(named, [])).toEqual({}))
it.each([
  ['name', { ...named, name: ' ' }, []],
  ['questions.0', named, [asks({ text: ' ' })]],
  ['questions.1', named, [asks({}), asks({ kind: 'choice', options: ['浅', ' '] })]],
  ['questions.0', named, [asks({ kind: 'choice', options: ['浅', '浅 '] })]],
  ['questions.0', named, [asks({ kind: 'choice', options: Array.from({ length: 9 }, (_, i) => `${i}`) })]],
])('names %s', (path, form, questions) => expect(Object.keys(faultsInCategory(form, questions))).toEqual([path]))

it('sends tidy words, and options only where they are chosen from', () => {
  const out = sent(named, [asks({ kind: 'choice', options: ['浅 ', '', '深'] }), asks({ text: ' 车能过吗 ', kind: 'yes_no', options: ['是', '否'] })])
  expect([out.name, out.questions?.map((q) => [q.text, q.options])]).toEqual(['道路积水', [['水有多深', ['浅', '深']], ['车能过吗', []]]])
})
