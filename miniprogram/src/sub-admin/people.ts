import type { Post, Posts } from '@/api/types'

export type PostRole = 'deputy' | 'staff' | 'department' | 'community' | 'liaison' | 'admin' | 'auditor'

/** How many posts of a role are held: 3/5, or the number where any number may hold it. */
export const heldWords = (c: Posts['counts'][number]): string => (c.total ? `${c.held}/${c.total}` : String(c.held))

/** The posts that a slip can be printed for: nobody holds them and no invite is out. */
export function unheld(role: PostRole, posts: Post[]): Post[] {
  if (role === 'admin' || role === 'auditor') return []
  return posts.filter((p) => p.holders.length === 0 && p.invites.length === 0 && p.scopeId !== 0)
}
