import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { storage } from '@/platform/storage'

export interface ProposalDraft {
  /** 0: none chosen yet. */
  deputyId: number
  communityId: number
  topic: string
  intro: string
  wish: string
  seats: number
}

const empty = (): ProposalDraft => ({ deputyId: 0, communityId: 0, topic: '', intro: '', wish: '', seats: 30 })

/** The talk that somebody is asking a deputy for. Kept on the phone at every change, so that a closed page loses nothing. */
export const useProposal = defineStore('proposal', () => {
  const draft = ref<ProposalDraft>({ ...empty(), ...storage.get<ProposalDraft>('draft:talk') })
  watch(draft, (now) => storage.set('draft:talk', now), { deep: true, flush: 'sync' })
  const clear = () => (draft.value = empty())
  storage.onCleared(clear)
  return { draft, clear }
})
