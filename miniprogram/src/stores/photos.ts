import { photoHeaders } from '@/api/request'
import { localPhoto, viewPhotos } from '@/platform/photo'

const known = new Map<string, Promise<string>>()

/** A local address of a protected photo, fetched once while the app is open. Rejects when it cannot be fetched; asking again tries again. */
export async function localAddress(id: string, size: 'thumb' | 'full'): Promise<string> {
  const key = `${size}:${id}`
  const going = known.get(key) ?? photoHeaders().then((h) => localPhoto(`/photos/${encodeURIComponent(id)}?size=${size}`, h))
  known.set(key, going)
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
