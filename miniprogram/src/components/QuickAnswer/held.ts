import { onHide } from '@dcloudio/uni-app'
import { computed, onUnmounted, ref, watch, type ComputedRef, type Ref } from 'vue'
import type { Action } from '@/api/types'
import { say } from '@/platform/say'
import { onQueuedDone, useQueue, type Queued } from '@/stores/queue'
import { rowMoved } from '@/stores/rows'
import { deedOf, holdFor } from './usual'

export interface HeldRow {
  id: number
  number: string
  seen: string
  actions: Action[]
}

export interface Held {
  /** The answer that waits on the phone, or was refused by the server. */
  held: ComputedRef<Queued | undefined>
  /** How many seconds it can still be taken back. */
  left: Ref<number>
  hold: (action: Action) => void
  takeBack: () => void
  now: () => void
}

/**
 * Holds an answer to a row back for ten seconds, so that it can be taken back: until then nothing has happened, and nobody is
 * told (ADR 0030). It goes at once when the person leaves the page. `moved` hears what the server made of it.
 */
export function useHeld(collection: 'bookings' | 'reports', row: () => HeldRow, moved: (fresh: unknown) => void): Held {
  const queue = useQueue()
  const path = computed(() => `/${collection}/${row().id}/commands`)
  const held = computed(() => queue.of('command').find((q) => q.path === path.value))
  const left = ref(0)
  let tick: ReturnType<typeof setInterval> | undefined
  watch(
    held,
    (q) => {
      if (tick) clearInterval(tick)
      if (!q || q.refused) return
      const count = () => (left.value = Math.min(holdFor / 1000, Math.max(0, Math.ceil((q.from - Date.now()) / 1000))))
      count()
      tick = setInterval(count, 500)
    },
    { immediate: true },
  )

  function hold(action: Action) {
    if (held.value) return
    queue.add({ kind: 'command', path: path.value, body: { command: action.command, seen: row().seen }, name: deedOf(action), words: `${action.label} ${row().number}`, wait: holdFor })
  }
  function takeBack() {
    if (held.value && !queue.takeBack(held.value.key)) say('已经发出，撤不回来了')
  }
  const now = () => void (held.value && !held.value.refused && queue.hurry(held.value.key))

  const stop = onQueuedDone('command', (item, answer) => {
    if (item.path !== path.value) return
    moved(answer)
    rowMoved(collection, row().id)
  })
  onHide(now)
  onUnmounted(() => {
    stop()
    now()
    if (tick) clearInterval(tick)
  })
  return { held, left, hold, takeBack, now }
}
