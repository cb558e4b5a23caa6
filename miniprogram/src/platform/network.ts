import { ref, type Ref } from 'vue'

const online = ref(true)
const back = new Set<() => void>()
let watching = false

function watchNetwork() {
  if (watching) return
  watching = true
  // #ifdef H5
  // uni-app asks the browser for the kind of its network, which a desktop does not know: it never hears of its end.
  online.value = navigator.onLine
  for (const event of ['online', 'offline']) window.addEventListener(event, () => turn(navigator.onLine))
  // #endif
  // #ifndef H5
  uni.getNetworkType({ success: (r) => (online.value = r.networkType !== 'none') })
  uni.onNetworkStatusChange((r) => turn(r.isConnected))
  // #endif
}

function turn(is: boolean) {
  const before = online.value
  online.value = is
  if (is && !before) for (const call of back) call()
}

/** Whether the phone has a network, as the platform tells it. */
export function useOnline(): Ref<boolean> {
  watchNetwork()
  return online
}

/** Calls back each time the network comes back. */
export function onOnline(call: () => void): void {
  watchNetwork()
  back.add(call)
}
