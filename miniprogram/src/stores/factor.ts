import { defineStore } from 'pinia'
import { ref } from 'vue'
import { onFactorAsked } from '@/api/factor'

/**
 * The question for the second factor: whatever the server refuses because of it waits here until the person gave the code, or let
 * it be, and is then sent again.
 */
export const useFactor = defineStore('factor', () => {
  const open = ref(false)
  let settle: ((given: boolean) => void) | undefined

  onFactorAsked(() => {
    open.value = true
    return new Promise((resolve) => (settle = resolve))
  })

  /** Closes the question: the code was given, or not now. */
  function answer(given: boolean) {
    open.value = false
    settle?.(given)
    settle = undefined
  }

  return { open, answer }
})
