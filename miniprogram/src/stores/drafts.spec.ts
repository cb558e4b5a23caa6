import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import type { Slot } from '@/api/types'
import { fakeUni } from '../../tests/fake-uni'
import { useDrafts } from './drafts'

const slot = { start: '2026-11-24T09:00:00+08:00', service: 'talk_one' } as Slot

beforeEach(() => {
  fakeUni()
  setActivePinia(createPinia())
})

// The app was closed: only what the phone's storage holds is left.
function reopen() {
  setActivePinia(createPinia())
  return useDrafts()
}

it('keeps a report as typed over a closed page', () => {
  const drafts = useDrafts()
  drafts.report.body = '路灯坏了😀'
  drafts.report.photos.push({ id: 'p1', kept: '' })
  expect(reopen().report).toMatchObject({ body: '路灯坏了😀', photos: [{ id: 'p1', kept: '' }] })
})

it('forgets it once it was sent', () => {
  const drafts = useDrafts()
  drafts.report.body = '路灯坏了'
  drafts.clearReport()
  expect(reopen().report.body).toBe('')
})

it('keeps the words when only the time changes, not when the deputy does', () => {
  const drafts = useDrafts()
  drafts.beginBooking(1, slot)
  drafts.booking.topic = '睡不好'
  drafts.beginBooking(1, { ...slot, start: '2026-11-24T10:00:00+08:00' })
  expect(drafts.booking.topic).toBe('睡不好')
  expect(drafts.booking.slot?.start).toBe('2026-11-24T10:00:00+08:00')
  drafts.beginBooking(2, slot)
  expect(reopen().booking).toMatchObject({ deputyId: 2, topic: '' })
})
