import { ref, type Ref } from 'vue'

const online = ref(true)
let watching = false

/** Whether the phone has a network, as the platform tells it. */
export function useOnline(): Ref<boolean> {
  if (!watching) {
    watching = true
    uni.getNetworkType({ success: (r) => (online.value = r.networkType !== 'none') })
    uni.onNetworkStatusChange((r) => (online.value = r.isConnected))
  }
  return online
}
