import { computed, ref } from 'vue'
import { asApiError } from '@/api/error'
import { del, get, uploadPhoto } from '@/api/request'
import type { List, Photo } from '@/api/types'
import { useAgain } from '@/platform/again'
import { keepPhoto, keptPhoto } from '@/platform/keep'
import { choosePhotos, smallerPhoto } from '@/platform/photo'

export interface Upload {
  key: number
  /** Where it lies on this phone; "" when it was sent earlier and only its id is known. */
  local: string
  id: string
  /** Where a copy outlives this page; "" when it does not. */
  kept: string
  /** How much of it was sent, in per cent. */
  sent: number
  /** The server looked at it and does not want it: sending it again will not help. */
  refused: boolean
  /** working: sent, the server is not done with it; that holds nothing up. bad: it will never be a photo. */
  state: 'waiting' | 'sending' | 'working' | 'done' | 'failed' | 'bad'
  error: string
}

/** A photo as a draft remembers it: the server's id once it was sent, and where the phone keeps it until then. */
export interface KeptPhoto {
  id: string
  kept: string
}

/** At most so many photos a matter. */
export const mostPhotos = 9
const atOnce = 2
/** How often the server is asked what became of photos, and how many times after the last one was sent. */
const pause = 1500
const most = 40

/**
 * Photos being sent while the person writes on. `earlier` are those of a draft; with `keeping` each is copied so that it outlives
 * the page and the network.
 */
export function useUploads(earlier: KeptPhoto[] = [], keeping = false) {
  let lastKey = 0
  const fresh = (u: Partial<Upload>): Upload => ({ key: ++lastKey, local: '', id: '', kept: '', sent: 0, refused: false, state: 'waiting', error: '', ...u })
  const uploads = ref<Upload[]>(earlier.map((p) => fresh({ id: p.id, kept: p.kept, state: p.id ? 'working' : 'waiting' })))
  const arrived = (u: Upload) => u.state === 'done' || u.state === 'working'
  const ids = computed(() => uploads.value.filter(arrived).map((u) => u.id))
  const unfinished = computed(() => uploads.value.filter((u) => !arrived(u)).length)
  const sending = computed(() => uploads.value.filter((u) => u.state === 'sending' || u.state === 'waiting').length)
  /** Those that can be sent later from their copies, in their order; what can never be a photo is not among them. */
  const photos = computed<KeptPhoto[]>(() => uploads.value.filter((u) => (arrived(u) || u.kept) && u.state !== 'bad' && !u.refused).map((u) => ({ id: arrived(u) ? u.id : '', kept: u.kept })))
  /** Those that would be lost without this page: not sent, and no copy. */
  const loose = computed(() => uploads.value.filter((u) => !arrived(u) && !u.kept && u.state !== 'bad' && !u.refused).length)
  const refused = computed(() => uploads.value.filter((u) => u.refused || u.state === 'bad').length)

  /** Lets the person choose; sending begins at once. */
  async function add(): Promise<void> {
    for (const local of await choosePhotos(mostPhotos - uploads.value.length)) uploads.value.push(fresh({ local }))
    pump()
  }

  /** Brings back what an earlier page left unsent. What the phone no longer has is taken off. */
  async function restore(): Promise<void> {
    for (const u of uploads.value.filter((x) => !x.id)) {
      u.local = await keptPhoto(u.kept)
      if (!u.local) uploads.value = uploads.value.filter((x) => x.key !== u.key)
    }
    pump()
  }

  function retry(key: number) {
    const u = find(key)
    if (u?.state !== 'failed' || u.refused) return
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
      if (u.state === 'waiting' && u.local) void send(u)
    }
  }

  async function send(u: Upload): Promise<void> {
    u.state = 'sending'
    u.error = ''
    u.sent = 0
    try {
      const small = await smallerPhoto(u.local)
      if (keeping && !u.kept) u.kept = await keepPhoto(small)
      const photo = await uploadPhoto(small, (percent) => (u.sent = percent))
      u.id = photo.id
      u.state = photo.state === 'processing' ? 'working' : 'done'
      // Taken away while it was on its way.
      if (!find(u.key)) del(`/photos/${u.id}`).catch(() => undefined)
      else watchThem()
    } catch (e) {
      const why = asApiError(e)
      u.state = 'failed'
      u.error = why.message
      u.refused = !why.unanswered && !why.turnedAway
    }
    pump()
  }

  let left = 0
  const again = useAgain(look, pause)

  /** Asks what became of those that the server works on, until it is done with all. */
  function watchThem(wait = pause) {
    left = most
    again.start(wait)
  }

  async function look(): Promise<boolean> {
    const working = uploads.value.filter((u) => u.state === 'working')
    if (!working.length || left-- <= 0) return false
    const known = await get<List<Photo>>(`/photos?ids=${working.map((u) => u.id).join(',')}`).catch(() => undefined)
    if (known) for (const u of working) settle(u, known.items.find((p) => p.id === u.id))
    return true
  }

  function settle(u: Upload, photo?: Photo) {
    if (photo?.state === 'ready') u.state = 'done'
    if (photo?.state !== 'bad' && photo) return
    u.state = 'bad'
    u.error = photo?.reason ?? '这张照片放得太久，已经清除，请去掉后重新添加。'
  }

  if (earlier.some((p) => p.id)) watchThem(0)
  if (earlier.some((p) => !p.id)) void restore()

  /** Waits until nothing is being sent, at most so long. */
  async function idle(ms: number): Promise<void> {
    const end = Date.now() + ms
    while (sending.value > 0 && Date.now() < end) await new Promise((r) => setTimeout(r, 100))
  }

  return { uploads, ids, photos, loose, refused, unfinished, sending, add, retry, remove, clear, idle }
}
