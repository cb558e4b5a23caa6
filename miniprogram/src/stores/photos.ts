import { photoHeaders } from '@/api/request'
import { dropPhoto, localPhoto, viewPhotos } from '@/platform/photo'
import { storage } from '@/platform/storage'

/** So many are held at once: a desk looks at photos all day, and each is a file in memory. */
const most = 300
const known = new Map<string, Promise<string>>()
storage.onCleared(() => letGo(0))

/** Lets go of the photos that were asked for longest ago. */
function letGo(left: number): void {
  for (const [key, going] of [...known].slice(0, Math.max(0, known.size - left))) {
    known.delete(key)
    going.then(dropPhoto, () => undefined)
  }
}

/** A local address of a protected photo, fetched once while the app is open and it is not long ago. Rejects when it cannot be fetched; asking again tries again. */
export async function localAddress(id: string, size: 'thumb' | 'full'): Promise<string> {
  const key = `${size}:${id}`
  const going = known.get(key) ?? photoHeaders().then((h) => localPhoto(`/photos/${encodeURIComponent(id)}?size=${size}`, h))
  known.delete(key) // and to the end: what is looked at now stays
  known.set(key, going)
  letGo(most)
  try {
    return await going
  } catch (e) {
    known.delete(key)
    throw e
  }
}

/** Whether a photo could not be fetched because the server is not done with it. */
export const notReady = (e: unknown) => e instanceof Error && e.message === '202'

/** Opens these photos full screen, beginning with `current`. Those that cannot be fetched are left out. */
export async function viewFull(ids: string[], current: string): Promise<void> {
  const found = new Map<string, string>()
  await Promise.all(ids.map(async (id) => await localAddress(id, 'full').then((a) => found.set(id, a), () => undefined)))
  const paths = ids.map((id) => found.get(id)).filter((a): a is string => a !== undefined)
  if (paths.length) viewPhotos(paths, found.get(current) ?? (paths[0] as string))
}
