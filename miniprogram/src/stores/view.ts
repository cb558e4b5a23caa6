import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { storage } from '@/platform/storage'
import { markElder } from '@/platform/elder'

/** How this phone shows things: ordinary, or the elder view with larger text and targets. Applies to every open page at once. */
export const useView = defineStore('view', () => {
  const elder = ref(false)
  const theme = computed(() => (elder.value ? 'theme elder' : 'theme'))

  function restore() {
    elder.value = storage.get<boolean>('elder') === true
    markElder(elder.value)
  }

  function setElder(on: boolean) {
    elder.value = on
    storage.set('elder', on)
    markElder(on)
  }

  return { elder, theme, restore, setElder }
})
