import { computed, getCurrentScope, onScopeDispose, ref } from 'vue'
import { asApiError } from '@/api/error'
import { del, get, uploadPhoto } from '@/api/request'
import type { List, Photo } from '@/api/types'
import { choosePhotos, smallerPhoto } from '@/platform/photo'

export interface Upload {
  key: number
  /** Where it lies on this phone; "" when it was sent earlier and only its id is known. */
  local: string
  id: string
  /** working: sent, the server is not done with it; that holds nothing up. bad: it will never be a photo. */
  state: 'waiting' | 'sending' | 'working' | 'done' | 'failed' | 'bad'
  error: string
}

/** At most so many photos a matter. */
export const mostPhotos = 9
const atOnce = 2
/** How often the server is asked what became of photos, and how many times after the last one was sent. */
const pause = 1500
const most = 40

/** Photos being sent while the person writes on. `sent` are the ids of photos sent before. */
export function useUploads(sent: string[] = []) {
  let lastKey = 0
  const uploads = ref<Upload[]>(sent.map((id) => ({ key: ++lastKey, local: '', id, state: 'working', error: '' })))
  const arrived = (u: Upload) => u.state === 'done' || u.state === 'working'
  const ids = computed(() => uploads.value.filter(arrived).map((u) => u.id))
  const unfinished = computed(() => uploads.value.filter((u) => !arrived(u)).length)
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
      const photo = await uploadPhoto(await smallerPhoto(u.local))
      u.id = photo.id
      u.state = photo.state === 'processing' ? 'working' : 'done'
      // Taken away while it was on its way.
      if (!find(u.key)) del(`/photos/${u.id}`).catch(() => undefined)
      else watchThem()
    } catch (e) {
      u.state = 'failed'
      u.error = asApiError(e).message
    }
    pump()
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  let left = 0

  /** Asks what became of those that the server works on, until it is done with all. */
  function watchThem(wait = pause) {
    left = most
    clearTimeout(timer)
    timer = setTimeout(() => void look(), wait)
  }

  async function look() {
    const working = uploads.value.filter((u) => u.state === 'working')
    if (!working.length || left-- <= 0) return
    const known = await get<List<Photo>>(`/photos?ids=${working.map((u) => u.id).join(',')}`).catch(() => undefined)
    if (known) for (const u of working) settle(u, known.items.find((p) => p.id === u.id))
    timer = setTimeout(() => void look(), pause)
  }

  function settle(u: Upload, photo?: Photo) {
    if (photo?.state === 'ready') u.state = 'done'
    if (photo?.state !== 'bad' && photo) return
    u.state = 'bad'
    u.error = photo?.reason ?? '这张照片放得太久，已经清除，请去掉后重新添加。'
  }

  if (sent.length) watchThem(0)
  if (getCurrentScope()) onScopeDispose(() => clearTimeout(timer))

  return { uploads, ids, unfinished, sending, add, retry, remove, clear }
}
