import { ref, type Ref } from 'vue'

const online = ref(true)
const back = new Set<() => void>()
let watching = false

function watchNetwork() {
  if (watching) return
  watching = true
  uni.getNetworkType({ success: (r) => (online.value = r.networkType !== 'none') })
  uni.onNetworkStatusChange((r) => {
    const before = online.value
    online.value = r.isConnected
    if (r.isConnected && !before) for (const call of back) call()
  })
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
