import { asApiError } from '@/api/error'
import { get, type Options } from '@/api/request'
import { storage } from '@/platform/storage'

/** What was read last while there was a network: forms and lists work without one. Never anything about a resident. */
export const lastRead = {
  get: <T>(what: string) => storage.get<T>(`read:${what}`),
  keep: (what: string, value: unknown) => storage.set(`read:${what}`, value),
}

/** Reads it, or has it as it was read last when nobody answers. Throws ApiError. */
export async function readOrLast<T>(path: string, options?: Options): Promise<T> {
  try {
    const read = await get<T>(path, options)
    lastRead.keep(path, read)
    return read
  } catch (e) {
    const kept = asApiError(e).unanswered ? lastRead.get<T>(path) : undefined
    if (kept !== undefined) return kept
    throw e
  }
}

/** Reads ahead what an officer's forms are written with, before the network is gone. */
export function readAhead(): void {
  for (const path of ['/liaison/places', '/categories', '/communities']) readOrLast(path, { open: path !== '/liaison/places' }).catch(() => undefined)
}
