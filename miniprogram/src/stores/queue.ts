import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { ApiError, asApiError } from '@/api/error'
import { request } from '@/api/request'
import { onOnline } from '@/platform/network'
import { randomKey } from '@/platform/random'
import { storage } from '@/platform/storage'

/** What a person sent and the server has not answered yet. It stays on the phone until the server took it, or the person let it go. */
export interface Queued {
  /** The Idempotency-Key, made once: however often it is sent, the server does it once. */
  key: string
  /** What it is ("report", "visit", "command"): pages show their own, and complete it before it goes (`prepare`). */
  kind: string
  path: string
  body: Record<string, unknown>
  /** What the person calls it, and its first words. */
  name: string
  words: string
  /** When the person sent it, and before when it must not go (to be taken back until then); milliseconds. */
  at: number
  from: number
  /** Why the server did not take it, in its words. Then it waits for the person: nothing is sent again by itself, nothing is lost. */
  refused: string
}

export type NewQueued = Pick<Queued, 'kind' | 'path' | 'body' | 'name' | 'words'> & { key?: string; wait?: number }

/** Completes the body just before it goes, e.g. uploads photos that lie on the phone. Throws ApiError. */
type Prepare = (item: Queued) => Promise<Record<string, unknown>>
/** Hears what the server made of it. */
type Done = (item: Queued, answer: unknown) => void

const place = 'queue'
const pause = 20_000
const prepares = new Map<string, Prepare>()
const dones = new Map<string, Set<Done>>()

/** When an item may go. One that was sent in the future is of a clock that was set back since: it goes now, not in a day. */
const due = (q: Queued): number => (q.at > Date.now() + 1000 ? 0 : q.from)

/** Says how the items of a kind are completed. Once a kind, when its store is made. */
export function prepareQueued(kind: string, prepare: Prepare): void {
  prepares.set(kind, prepare)
}

/** Calls back when an item of this kind was taken by the server, until the returned function is called. */
export function onQueuedDone(kind: string, done: Done): () => void {
  const all = dones.get(kind) ?? new Set()
  dones.set(kind, all.add(done))
  return () => void all.delete(done)
}

/**
 * The one queue of what is sent without a network: in the order in which it was sent, one at a time, each with its key, so that
 * nothing is done twice. It goes when it is added, when the network comes back, when the app is opened, and now and then.
 */
export const useQueue = defineStore('queue', () => {
  const items = ref<Queued[]>(storage.get<Queued[]>(place) ?? [])
  // Storage is written at every change, before anything is sent: a closed app loses nothing.
  watch(items, (now) => storage.set(place, now), { deep: true, flush: 'sync' })

  const waiting = computed(() => items.value.filter((q) => !q.refused))
  const refused = computed(() => items.value.filter((q) => q.refused))
  const of = (kind: string) => items.value.filter((q) => q.kind === kind)

  let going: Promise<void> | undefined
  let asked = false
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Keeps it on the phone and sends it as soon as it can go. Returns its key. */
  function add(n: NewQueued): string {
    const now = Date.now()
    const item: Queued = { key: n.key ?? randomKey(), kind: n.kind, path: n.path, body: n.body, name: n.name, words: n.words, at: now, from: now + (n.wait ?? 0), refused: '' }
    items.value = [...items.value, item]
    void flush()
    return item.key
  }

  /** Takes an item off the phone, whether the server has it or not; says whether it was still here. */
  function drop(key: string): boolean {
    const before = items.value.length
    items.value = items.value.filter((q) => q.key !== key)
    return items.value.length < before
  }

  /** Takes back what still waits, or was refused; false when it went meanwhile: then the server has it, or is getting it. */
  function takeBack(key: string): boolean {
    const item = items.value.find((q) => q.key === key)
    return item !== undefined && (item.refused !== '' || due(item) > Date.now()) && drop(key)
  }

  /** Lets a refused item be sent once more: the server keeps no key of what it refused. */
  function again(key: string): void {
    items.value = items.value.map((q) => (q.key === key ? { ...q, refused: '', from: 0 } : q))
    void flush()
  }

  /** Sends an item now that was to wait. */
  function hurry(key: string): void {
    items.value = items.value.map((q) => (q.key === key ? { ...q, from: 0 } : q))
    void flush()
  }

  /** Sends everything now that was only waiting to be taken back: nobody looks at it any more. */
  function hurryAll(): Promise<void> {
    if (items.value.some((q) => q.from > Date.now())) items.value = items.value.map((q) => ({ ...q, from: 0 }))
    return flush()
  }

  /** Sends what may go now. Several callers share one run. */
  function flush(): Promise<void> {
    asked = true
    going ??= runs()
    return going
  }

  // What was added while a run was about to end is seen by one more.
  async function runs(): Promise<void> {
    try {
      while (asked) {
        asked = false
        if (!(await run())) asked = false // nobody is there: plan says when to try again
      }
    } finally {
      going = undefined
      plan()
    }
  }

  /** False when it broke off because nobody is there. */
  async function run(): Promise<boolean> {
    const tried = new Set<string>() // what the server stumbled over does not hold up the others
    for (;;) {
      const next = items.value.find((q) => !q.refused && due(q) <= Date.now() && !tried.has(q.key))
      if (!next) return true
      tried.add(next.key)
      if (!(await send(next))) return false
    }
  }

  /** Sends one; false when the others need not be tried either: there is no network, or no session. */
  async function send(item: Queued): Promise<boolean> {
    try {
      const body = (await prepares.get(item.kind)?.(item)) ?? item.body
      const answer = await request('POST', item.path, body, { key: item.key })
      drop(item.key)
      for (const done of dones.get(item.kind) ?? []) done(item, answer)
      return true
    } catch (e) {
      const why = asApiError(e)
      // What goes wrong on this phone goes wrong again: it waits for the person, and holds up nothing.
      if (e instanceof ApiError && why.unanswered) return why.status > 0
      if (why.turnedAway) return false
      items.value = items.value.map((q) => (q.key === item.key ? { ...q, refused: why.message } : q))
      return true
    }
  }

  // The next try: when the earliest may go, or after a pause when nobody answered.
  function plan(): void {
    if (timer) clearTimeout(timer)
    timer = undefined
    if (waiting.value.length === 0) return
    const soonest = Math.min(...waiting.value.map(due)) - Date.now()
    timer = setTimeout(() => void flush(), soonest > 0 ? soonest : pause)
  }

  onOnline(() => void flush())
  storage.onCleared(() => void (items.value = []))

  return { items, waiting, refused, of, add, drop, takeBack, again, hurry, hurryAll, flush }
})
