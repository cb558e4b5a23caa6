import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import type { Slot } from '@/api/types'
import TimeChips from './TimeChips.vue'

const slot = (time: string, free = true) => ({ start: `2026-11-24T${time}:00+08:00`, serviceName: '面谈', service: 'talk_one', free, closed: false, queued: false }) as Slot

it('groups by part of the day, keeps full ones visible, and lets only free ones be chosen', async () => {
  const slots = [slot('09:00'), slot('14:00', false), slot('19:30')]
  const chips = mount(TimeChips, { props: { slots, chosen: slots[0]!.start } })
  for (const words of ['上午', '下午', '晚上', '约满']) expect(chips.text()).toContain(words)
  const [nine, two, evening] = chips.findAll('[role=radio]')
  expect(nine!.attributes('aria-checked')).toBe('true')
  await two!.trigger('click')
  await evening!.trigger('click')
  expect(chips.emitted('choose')).toEqual([[slots[2]]])
})

it('leads to what is one’s own, by a link that says so', async () => {
  const own = { ...slot('09:00', false), closed: true, own: { deputyId: 1, start: '', bookingId: 7 } }
  const chips = mount(TimeChips, { props: { slots: [own], chosen: '', waits: true } })
  expect(chips.find('[role=radio]').exists()).toBe(false)
  const link = chips.find('[role=link]')
  expect([link.attributes('aria-label'), link.attributes('aria-disabled')]).toEqual(['上午9:00，您已约', 'false'])
  await link.trigger('click')
  expect(chips.emitted('choose')).toEqual([[own]])
})

it('lets a taken time be chosen by who may wait for it, never one that is too late', async () => {
  const slots = [slot('09:00', false), { ...slot('10:00', false), closed: true }]
  const chips = mount(TimeChips, { props: { slots, chosen: '', waits: true } })
  const [taken, late] = chips.findAll('[role=radio]')
  expect(taken!.attributes('aria-disabled')).toBe('false')
  await taken!.trigger('click')
  await late!.trigger('click')
  expect(chips.emitted('choose')).toEqual([[slots[0]]])
})
