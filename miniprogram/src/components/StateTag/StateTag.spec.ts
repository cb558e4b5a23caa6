import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import StateTag from './StateTag.vue'

it('says each state by word and by a shape of its own', () => {
  const tones = ['done', 'waiting', 'late', 'told'] as const
  const marks = tones.map((tone) => {
    const tag = mount(StateTag, { props: { tone, word: '某状态' } })
    expect(tag.text()).toContain('某状态')
    return tag.find('[aria-hidden=true]').text()
  })
  expect(new Set(marks).size).toBe(4)
})
