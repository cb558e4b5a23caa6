import { get, post } from '@/api/request'
import { query } from '@/api/query'
import type { Inbox, InboxMatter } from '@/api/types'
import { storage } from '@/platform/storage'
import { useSession } from '@/stores/session'

const kept = 'inbox'

/** A page of the inbox. The first one is kept on this phone, to be read without a network. Throws ApiError. */
export async function inboxPage(cursor: string): Promise<Inbox> {
  const page = await get<Inbox>(`/me/inbox${query({ cursor })}`)
  if (!cursor) storage.set(kept, page.items)
  useSession().setUnread(page.unread)
  return page
}

/** The matters of the last first page that this phone saw. */
export const keptInbox = (): InboxMatter[] => storage.get<InboxMatter[]>(kept) ?? []

/** Marks what there is to read of one matter, or of all. Throws ApiError. */
export async function markRead(what: { matterKind: InboxMatter['matterKind']; matterId: number } | 'all'): Promise<void> {
  const { unread } = await post<{ unread: number }>('/me/notices/read', what === 'all' ? { all: true } : what)
  useSession().setUnread(unread)
}
