import { person } from './person'

// One origin may hold several people's sessions: every key begins with the person's name.
const full = (key: string) => `warmcabin:${person()}:${key}`

const hearers = new Set<() => void>()

/** What this person kept under key on this phone. A full or broken storage reads as empty and drops writes: it never throws. */
export const storage = {
  get<T>(key: string): T | undefined {
    try {
      const text: unknown = uni.getStorageSync(full(key))
      return typeof text === 'string' && text !== '' ? (JSON.parse(text) as T) : undefined
    } catch {
      return undefined
    }
  },
  set(key: string, value: unknown): void {
    try {
      uni.setStorageSync(full(key), JSON.stringify(value))
    } catch {
      // Nothing to mend: what is on screen stays.
    }
  },
  remove(key: string): void {
    try {
      uni.removeStorageSync(full(key))
    } catch {
      // As above.
    }
  },
  /** Forgets everything but what is kept under these keys; who holds some of it in memory hears of it. */
  clear(except: string[]): void {
    try {
      const mine = uni.getStorageInfoSync().keys.filter((k) => k.startsWith(full('')) && !except.includes(k.slice(full('').length)))
      for (const key of mine) uni.removeStorageSync(key)
    } catch {
      // As above.
    }
    for (const hear of hearers) hear()
  },
  /** Calls back when everything was forgotten. Once a store. */
  onCleared(hear: () => void): void {
    hearers.add(hear)
  },
}
