import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { currentToken, forget, login, onDesktop, onLogin, signedOut, token } from '@/api/auth'
import { del, get, post } from '@/api/request'
import type { Me } from '@/api/types'
import { workbenches } from '@/platform/navigate'
import { badgeInbox } from '@/platform/say'
import { storage } from '@/platform/storage'
import { useQueue } from './queue'

/** Whose drafts, queue and last read pages lie here. */
const owner = 'owner'
/** What is no one person's. */
const keys = ['token', 'signed-out', 'elder']

/** Who holds this phone and what they may do. */
export const useSession = defineStore('session', () => {
  const me = ref<Me>()
  const out = ref(signedOut())
  let first: Promise<Me> | undefined

  const workbench = computed(() => (me.value ? workbenches[me.value.home] : undefined))
  const unread = computed(() => me.value?.unread ?? 0)

  onLogin(know)

  function know(who: Me) {
    const before = storage.get<number>(owner)
    // Somebody else sits here now: what the last one wrote is nothing for their eyes, and must not go under their name.
    if (before && before !== who.id) storage.clear(keys)
    if (before !== who.id) storage.set(owner, who.id)
    me.value = who
    out.value = false
    badgeInbox(who.unread)
  }

  /** Who I am, after a silent login when needed. Throws ApiError. A failure is asked again by the next caller. */
  async function ready(): Promise<Me> {
    if (me.value) return me.value
    first ??= arrive().finally(() => (first = undefined))
    return await first
  }

  // A login already says who logged in.
  async function arrive(): Promise<Me> {
    await token()
    return me.value ?? (await refresh())
  }

  /** Asks the server again who I am: roles change on the server, not here. */
  async function refresh(): Promise<Me> {
    const who = await get<Me>('/me')
    know(who)
    return who
  }

  function setUnread(count: number) {
    if (me.value) me.value = { ...me.value, unread: count }
    badgeInbox(count)
  }

  /** Logs in because the person asked to. */
  async function enter(): Promise<Me> {
    await login()
    return await ready()
  }

  /**
   * Ends this session, or all of this person's. What cannot reach the server is still forgotten here. At a desktop others sit next:
   * it keeps nothing, but for what could not be sent yet, until somebody else comes.
   */
  async function leave(everywhere = false): Promise<void> {
    const shared = onDesktop()
    if (shared) await useQueue().hurryAll()
    try {
      if (currentToken()) await (everywhere ? del('/me/sessions') : post('/logout'))
    } finally {
      gone(shared && useQueue().items.length === 0)
    }
  }

  /** Forgets the person here; on the server their sessions have ended already. `all`: and what they wrote and kept. */
  function gone(all = false) {
    if (all) storage.clear(keys)
    forget(true)
    me.value = undefined
    out.value = true
    badgeInbox(0)
  }

  return { me, out, unread, workbench, ready, refresh, setUnread, know, enter, leave, gone }
})
