import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { storage } from '@/platform/storage'

export interface BookingDraft {
  deputyId: string
  start: string
  service: string
  topic: string
  note: string
}

export interface ReportDraft {
  categoryId: string
  body: string
  communityId: string
  placeText: string
  photoIds: string[]
  deputyId: string
  /** Photos chosen but not yet sent when the page closed; the phone no longer has them. */
  unsent: number
}

const emptyBooking = (): BookingDraft => ({ deputyId: '', start: '', service: '', topic: '', note: '' })
const emptyReport = (): ReportDraft => ({ categoryId: '', body: '', communityId: '', placeText: '', photoIds: [], deputyId: '', unsent: 0 })

/** What a person is writing. Kept on the phone at every change, so that a closed page loses nothing. */
export const useDrafts = defineStore('drafts', () => {
  const booking = ref<BookingDraft>({ ...emptyBooking(), ...storage.get<BookingDraft>('draft:booking') })
  const report = ref<ReportDraft>({ ...emptyReport(), ...storage.get<ReportDraft>('draft:report') })

  watch(booking, (now) => storage.set('draft:booking', now), { deep: true, flush: 'sync' })
  watch(report, (now) => storage.set('draft:report', now), { deep: true, flush: 'sync' })

  /** Begins a booking of this slot. Words already written for the same deputy stay. */
  function beginBooking(deputyId: string, start: string, service: string) {
    const words = booking.value.deputyId === deputyId ? booking.value : emptyBooking()
    booking.value = { ...words, deputyId, start, service }
  }

  function clearBooking() {
    booking.value = emptyBooking()
  }

  function clearReport() {
    report.value = emptyReport()
  }

  return { booking, report, beginBooking, clearBooking, clearReport }
})
