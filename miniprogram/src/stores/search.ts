import { defineStore } from 'pinia'
import { ref } from 'vue'

/** What deputies are looked for by. A tab page takes no query, so the home page leaves the need here. */
export const useSearch = defineStore('search', () => {
  const words = ref('')
  const need = ref('')
  /** 0 for all stations. */
  const stationId = ref(0)

  function byNeed(word: string) {
    need.value = word
    words.value = ''
  }

  function byWords(text: string) {
    words.value = text.trim()
    need.value = ''
  }

  return { words, need, stationId, byNeed, byWords }
})
