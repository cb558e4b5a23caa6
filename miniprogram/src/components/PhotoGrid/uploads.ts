import { computed, ref } from 'vue'
import { asApiError } from '@/api/error'
import { del, uploadPhoto } from '@/api/request'
import { choosePhotos } from '@/platform/photo'

export interface Upload {
  key: number
  /** Where it lies on this phone; "" when it was sent earlier and only its id is known. */
  local: string
  id: string
  state: 'waiting' | 'sending' | 'done' | 'failed'
  error: string
}

/** At most so many photos a matter. */
export const mostPhotos = 9
const atOnce = 2

/** Photos being sent while the person writes on. `sent` are the ids of photos sent before. */
export function useUploads(sent: string[] = []) {
  let lastKey = 0
  const uploads = ref<Upload[]>(sent.map((id) => ({ key: ++lastKey, local: '', id, state: 'done', error: '' })))
  const ids = computed(() => uploads.value.filter((u) => u.state === 'done').map((u) => u.id))
  const unfinished = computed(() => uploads.value.filter((u) => u.state !== 'done').length)
  const sending = computed(() => uploads.value.filter((u) => u.state === 'sending' || u.state === 'waiting').length)

  /** Lets the person choose; sending begins at once. */
  async function add(): Promise<void> {
    for (const local of await choosePhotos(mostPhotos - uploads.value.length))
      uploads.value.push({ key: ++lastKey, local, id: '', state: 'waiting', error: '' })
    pump()
  }

  function retry(key: number) {
    const u = find(key)
    if (u?.state !== 'failed') return
    u.state = 'waiting'
    pump()
  }

  function remove(key: number) {
    const u = find(key)
    uploads.value = uploads.value.filter((x) => x.key !== key)
    // The server forgets unattached photos by itself; telling it is a courtesy.
    if (u?.id) del(`/photos/${u.id}`).catch(() => undefined)
  }

  function clear() {
    uploads.value = []
  }

  const find = (key: number) => uploads.value.find((u) => u.key === key)

  function pump() {
    for (const u of uploads.value) {
      if (uploads.value.filter((x) => x.state === 'sending').length >= atOnce) return
      if (u.state === 'waiting') void send(u)
    }
  }

  async function send(u: Upload): Promise<void> {
    u.state = 'sending'
    u.error = ''
    try {
      u.id = (await uploadPhoto(u.local)).id
      u.state = 'done'
    } catch (e) {
      u.state = 'failed'
      u.error = asApiError(e).message
    }
    pump()
  }

  return { uploads, ids, unfinished, sending, add, retry, remove, clear }
}
