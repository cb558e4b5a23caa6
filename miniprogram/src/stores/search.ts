import { defineStore } from 'pinia'
import { ref } from 'vue'

/** What deputies are looked for by. A tab page takes no query, so the home page leaves the need here. */
export const useSearch = defineStore('search', () => {
  /** A name, a constituency, or what somebody wants to talk about. */
  const words = ref('')
  /** One of the needs on the home page. */
  const need = ref('')
  /** The speciality behind the need; "" when none is known. */
  const topic = ref('')
  /** 0 and "" for all. */
  const stationId = ref(0)
  const specialityId = ref(0)
  const constituency = ref('')

  function byNeed(word: string, behind = '') {
    need.value = word
    topic.value = word && behind
    words.value = ''
  }

  function byWords(text: string) {
    words.value = text.trim()
    need.value = topic.value = ''
  }

  /** The same search without what narrows it. */
  function widen() {
    stationId.value = specialityId.value = 0
    constituency.value = ''
  }

  /** All deputies again. */
  function clear() {
    byWords('')
    widen()
  }

  return { words, need, topic, stationId, specialityId, constituency, byNeed, byWords, widen, clear }
})
