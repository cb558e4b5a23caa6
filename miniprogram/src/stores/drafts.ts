import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import type { Slot } from '@/api/types'
import type { KeptPhoto } from '@/components/PhotoGrid/uploads'
import type { MapPlace } from '@/platform/map'
import { storage } from '@/platform/storage'

export interface BookingDraft {
  /** 0: none chosen yet; so for every id here. */
  deputyId: number
  /** The slot as it was offered, with its place and time in words. Not free: what is written is for its line. */
  slot: Slot | null
  topic: string
  note: string
}

export interface ReportDraft {
  categoryId: number
  body: string
  communityId: number
  building: string
  placeText: string
  /** Where the person pointed on a map, if they did. */
  spot: MapPlace | null
  /** Answers to the categories' questions, by "category-question": a change of mind loses none. */
  answers: Record<string, string>
  photos: KeptPhoto[]
  deputyId: number
  /** Photos chosen but not yet sent when the page closed; the phone no longer has them. */
  unsent: number
  /** The department that handles it may open my phone; hidden unless I say so. */
  contactShown?: boolean
  /** The visit whose words it began from; "" for none. */
  visitKey?: string
}

const emptyBooking = (): BookingDraft => ({ deputyId: 0, slot: null, topic: '', note: '' })
const emptyReport = (): ReportDraft => ({ categoryId: 0, body: '', communityId: 0, building: '', placeText: '', spot: null, answers: {}, photos: [], deputyId: 0, unsent: 0, contactShown: false, visitKey: '' })

/** What a person is writing. Kept on the phone at every change, so that a closed page loses nothing. */
export const useDrafts = defineStore('drafts', () => {
  const booking = ref<BookingDraft>({ ...emptyBooking(), ...storage.get<BookingDraft>('draft:booking') })
  const report = ref<ReportDraft>({ ...emptyReport(), ...storage.get<ReportDraft>('draft:report') })

  /** The photos of the form that somebody fills in for a resident just now: their copies are needed, though nothing else of it is kept. */
  const proxyPhotos = ref<KeptPhoto[]>([])
  /** What was taken back to be sent for a resident, until its form takes it. */
  const proxyBack = ref<Record<string, unknown> & { photos: KeptPhoto[] }>()

  watch(booking, (now) => storage.set('draft:booking', now), { deep: true, flush: 'sync' })
  watch(report, (now) => storage.set('draft:report', now), { deep: true, flush: 'sync' })

  /** Begins a booking of this slot. Words already written for the same deputy stay. */
  function beginBooking(deputyId: number, slot: Slot) {
    const words = booking.value.deputyId === deputyId ? booking.value : emptyBooking()
    booking.value = { ...words, deputyId, slot }
  }

  function clearBooking() {
    booking.value = emptyBooking()
  }

  /** Takes back what was to be sent. What is being written meanwhile would be lost: who calls asks first. */
  function restoreReport(draft: ReportDraft) {
    report.value = { ...emptyReport(), ...draft }
  }

  /** Whether there is anything in the report that would be missed. */
  const reportBegun = () => report.value.body.trim() !== '' || report.value.photos.length > 0

  function clearReport() {
    report.value = emptyReport()
  }

  storage.onCleared(() => {
    clearBooking()
    clearReport()
    proxyPhotos.value = []
    proxyBack.value = undefined
  })

  return { booking, report, proxyPhotos, proxyBack, beginBooking, clearBooking, clearReport, restoreReport, reportBegun }
})
