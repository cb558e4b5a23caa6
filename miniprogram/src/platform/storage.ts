import { person } from './person'

// One origin may hold several people's sessions: every key begins with the person's name.
const full = (key: string) => `warmcabin:${person()}:${key}`

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
}
