import { getCurrentScope, onScopeDispose } from 'vue'

/** Does `look` again and again, a pause after each, for as long as it says so. Leaving the page ends it, also while it looks. */
export function useAgain(look: () => Promise<boolean>, pause: number) {
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Begins anew after `wait`: what was begun before looks no more. */
  function start(wait = pause): void {
    stop()
    const mine = turn
    const once = async () => {
      if ((await look()) && mine === turn) timer = setTimeout(() => void once(), pause)
    }
    timer = setTimeout(() => void once(), wait)
  }

  function stop(): void {
    turn++
    clearTimeout(timer)
  }

  if (getCurrentScope()) onScopeDispose(stop)
  return { start, stop }
}
