import { onLoad, onPullDownRefresh, onShow } from '@dcloudio/uni-app'
import { ref, type Ref } from 'vue'
import { ApiError, asApiError } from '@/api/error'
import { get, post } from '@/api/request'
import type { Command, InboxMatter } from '@/api/types'
import { markRead } from '@/stores/inbox'
import { useSession } from '@/stores/session'

/** One booking, report, talk or place in a line on its own page: fetched when the page shows, moved on by commands. Use it once in a page's setup. */
export function useMatter<T>(collection: 'bookings' | 'reports' | 'waits' | 'talks') {
  const id = ref('')
  const matter = ref() as Ref<T | undefined>
  const error = ref<ApiError>()
  const path = () => `/${collection}/${encodeURIComponent(id.value)}`

  async function load(): Promise<void> {
    error.value = undefined
    try {
      matter.value = await get<T>(path())
      // However the person came here, from the inbox or from a push: its news is read.
      if (useSession().unread > 0) markRead({ matterKind: collection.slice(0, -1) as InboxMatter['matterKind'], matterId: Number(id.value) }).catch(() => undefined)
    } catch (e) {
      error.value = asApiError(e)
    }
  }

  /** Sends a command. When somebody else moved the matter first, its new state is shown as well as the reason. */
  async function run(command: Command): Promise<void> {
    try {
      // What a booking's person decided by: it is refused when the booking is another one by now.
      const seen = (matter.value as { seen?: string } | undefined)?.seen
      await post(`${path()}/commands`, seen ? { ...command, seen } : command)
    } catch (e) {
      if (e instanceof ApiError && e.code === 'conflict') {
        await load()
        error.value = e // stays to be read: a toast is gone too soon
      }
      throw e
    }
    await load()
  }

  onLoad((query) => {
    id.value = query?.id ?? ''
  })
  onShow(load)
  onPullDownRefresh(async () => {
    await load()
    uni.stopPullDownRefresh()
  })

  return { id, matter, error, load, run }
}
