import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { post } from '@/api/request'
import type { Preflight } from '@/api/types'

export interface Asked {
  categoryId: number
  body: string
  place: { communityId: number; building: string; text: string; lat?: number; lng?: number }
}

/** Long enough that it is not asked at every character. */
const pause = 700
const least = 4

/**
 * What a person should know before submitting: the same problem near by, what is better not written, where else to go.
 * All of it is advice: without the network there is none, and nothing is held up.
 */
export function usePreflight(draft: Ref<Asked>) {
  const advice = ref<Preflight>()
  /** The near reports that the person said are another matter. */
  const others = ref<number[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = ''

  async function ask() {
    const d = draft.value
    const text = JSON.stringify(d)
    if (text === asked || d.body.trim().length < least) return
    asked = text
    const now = await post<Preflight>('/reports/preflight', d).catch(() => undefined)
    if (now && asked === text) advice.value = now
  }

  watch(draft, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void ask(), pause)
  })

  onScopeDispose(() => clearTimeout(timer))

  const near = computed(() => advice.value?.near.filter((n) => !others.value.includes(n.id)) ?? [])
  const skip = () => (others.value = [...others.value, ...near.value.map((n) => n.id)])
  return { advice, near, skip }
}
