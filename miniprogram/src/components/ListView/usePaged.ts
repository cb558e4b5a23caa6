import { onPullDownRefresh, onReachBottom } from '@dcloudio/uni-app'
import { computed, reactive, ref, type Ref } from 'vue'
import { asApiError, type ApiError } from '@/api/error'
import type { List } from '@/api/types'

/** What a ListView draws: the list as it stands, and how to get more of it. */
export interface PagedState {
  /** What the list shows: its skeleton, what went wrong, or its items. */
  phase: 'loading' | 'failed' | 'ready'
  items: unknown[]
  error?: ApiError
  /** Whether everything has been fetched. */
  ended: boolean
  loadingMore: boolean
  reload: () => Promise<void>
  more: () => Promise<void>
}

export interface Paged<T> {
  items: Ref<T[]>
  phase: Ref<PagedState['phase']>
  error: Ref<ApiError | undefined>
  ended: Ref<boolean>
  loadingMore: Ref<boolean>
  /** Fetches from the start. Items stay on screen until the answer is there. */
  reload: () => Promise<void>
  more: () => Promise<void>
  /** Empties the list before another question: its skeleton shows until the answer is there. */
  forget: () => void
  /** The whole of it for a ListView. */
  paged: PagedState
}

/** A list fetched page by page. Use it once in a page's setup: it also listens to pull-to-refresh and to the page's end. */
export function usePaged<T>(fetch: (cursor: string) => Promise<List<T>>): Paged<T> {
  const items = ref([]) as Ref<T[]>
  const next = ref('')
  const fetched = ref(false)
  const error = ref<ApiError>()
  const loadingMore = ref(false)
  // An answer to an older question (another filter) must not overwrite a newer one.
  let asked = 0

  async function reload(): Promise<void> {
    const mine = ++asked
    error.value = undefined
    try {
      const page = await fetch('')
      if (mine !== asked) return
      items.value = page.items
      next.value = page.next
      fetched.value = true
    } catch (e) {
      if (mine === asked) error.value = asApiError(e)
    }
  }

  function forget() {
    asked++
    items.value = []
    next.value = ''
    fetched.value = false
    error.value = undefined
  }

  async function more(): Promise<void> {
    if (!next.value || loadingMore.value) return
    const mine = asked
    loadingMore.value = true
    error.value = undefined
    try {
      const page = await fetch(next.value)
      if (mine !== asked) return
      items.value = [...items.value, ...page.items]
      next.value = page.next
    } catch (e) {
      if (mine === asked) error.value = asApiError(e)
    } finally {
      loadingMore.value = false
    }
  }

  onPullDownRefresh(async () => {
    await reload()
    uni.stopPullDownRefresh()
  })
  onReachBottom(() => void more())

  const phase = computed(() => (fetched.value ? 'ready' : error.value ? 'failed' : 'loading'))
  const ended = computed(() => fetched.value && !next.value)
  const paged = reactive({ items: items as Ref<unknown[]>, phase, error, ended, loadingMore, reload, more })
  return { items, phase, error, ended, loadingMore, reload, more, forget, paged }
}
