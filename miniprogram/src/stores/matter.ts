import { onLoad, onPullDownRefresh, onShow } from '@dcloudio/uni-app'
import { ref, type Ref } from 'vue'
import { ApiError, asApiError } from '@/api/error'
import { get, post } from '@/api/request'
import type { Command, InboxMatter } from '@/api/types'
import { say } from '@/platform/say'
import { markRead } from '@/stores/inbox'
import { useSession } from '@/stores/session'

export type Collection = 'bookings' | 'reports' | 'waits' | 'talks'

/** One booking, report, talk or place in a line: fetched by `load`, moved on by commands. `which` says which one, and may come to say another. */
export function matterAt<T>(which: () => { collection: Collection; id: string }) {
  const matter = ref() as Ref<T | undefined>
  const error = ref<ApiError>()
  let asked = 0
  const path = () => `/${which().collection}/${encodeURIComponent(which().id)}`

  async function load(): Promise<void> {
    error.value = undefined
    const { collection, id } = which()
    const turn = ++asked // of two answers the one to the later question counts
    const mine = () => turn === asked
    const place = path()
    try {
      const found = await get<T>(place)
      if (!mine() || place !== path()) return
      matter.value = found
      // However the person came here, from the inbox or from a push: its news is read.
      if (useSession().unread > 0) markRead({ matterKind: collection.slice(0, -1) as InboxMatter['matterKind'], matterId: Number(id) }).catch(() => undefined)
    } catch (e) {
      if (mine() && place === path()) error.value = asApiError(e)
    }
  }

  /**
   * Sends a command. When somebody else moved the matter first, its new state is shown as well as the reason. Who gave it away by this
   * (a department that sends it back, or did its part) sees it once more as it went, with nothing left to do.
   */
  async function run(command: Command): Promise<void> {
    let moved: T
    try {
      // What a booking's person decided by: it is refused when the booking is another one by now.
      const seen = (matter.value as { seen?: string } | undefined)?.seen
      moved = await post<T>(`${path()}/commands`, seen ? { ...command, seen } : command)
    } catch (e) {
      if (e instanceof ApiError && e.code === 'conflict') {
        await load()
        error.value = e // stays to be read: a toast is gone too soon
      }
      throw e
    }
    await load()
    if (error.value?.code !== 'not_found') return
    error.value = undefined
    matter.value = { ...matter.value, ...moved, actions: [] }
    say('办好了。这件事不在您这里了。')
  }

  return { matter, error, load, run }
}

/** The matter of a page of its own: fetched when the page shows. Use it once in a page's setup. */
export function useMatter<T>(collection: Collection) {
  const id = ref('')
  const { matter, error, load, run } = matterAt<T>(() => ({ collection, id: id.value }))
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
