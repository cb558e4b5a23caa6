import type { ApiError } from '@/api/error'
import { query } from '@/api/query'
import { openPage } from '@/platform/navigate'

/** What an admin asks another one to agree to. */
export interface Asked {
  command: string
  personId?: number
  toId?: number
  forName?: string
  /** Whom it is about, in words, for the form only. */
  name?: string
}

/** Opens the form of a request when the server says that two admins must agree; false when it said something else. */
export function askInstead(e: ApiError, asked: Asked): boolean {
  if (e.code !== 'four_eyes') return false
  const { command, ...more } = asked
  openPage(`/sub-admin/agreements${query({ ask: command, ...more })}`)
  return true
}

/** Whether it is asked for a list with names and phones, of some days. */
export const listed = (command: string): boolean => command === 'contacts_export' || command === 'booked_export'

const titles: Record<string, (name: string) => string> = {
  admin_invite: (name) => (name ? `邀请${name}做管理员` : '再邀请一位管理员'),
  admin_handover: (name) => `移交${name}的管理员身份`,
  admin_revoke: (name) => `收回${name}的管理员身份`,
  admin_unbind: (name) => `解绑管理员${name}的微信`,
  admin_rebind: (name) => `让管理员${name}重新绑定微信`,
  factor_reset: (name) => `重置${name}的验证器`,
  contacts_export: () => '导出带姓名电话的民情',
  booked_export: () => '导出带姓名电话的预约',
}

export const titleOf = (command: string, name: string) => titles[command]?.(name || (command === 'admin_invite' ? '' : '一位同事')) ?? '提出申请'
