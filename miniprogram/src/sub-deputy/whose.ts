import { ApiError } from '@/api/error'
import { useSession } from '@/stores/session'

/**
 * Whose schedule a page is about: the deputy named in its address (staff come so), else the deputy that holds this phone.
 * Throws ApiError.
 */
export async function whose(asked: string | undefined): Promise<number> {
  const named = Number(asked)
  if (named > 0) return named
  const me = await useSession().ready()
  const grant = me.roles.find((r) => r.role === 'deputy')
  if (!grant) throw new ApiError('forbidden', '这里是人大代表安排时间的地方。如果刚刚调整过分工，请联系街道人大工委。', 403)
  return grant.scopeId
}
