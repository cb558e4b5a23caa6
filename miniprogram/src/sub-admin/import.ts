import type { ApiError } from '@/api/error'
import type { Import } from '@/api/types'

/** A fault's place and words: "代表!C7：手机号应为 11 位数字" → ["代表!C7", "手机号应为 11 位数字"]. */
export function parts(fault: string): [place: string, words: string] {
  const at = fault.indexOf('：')
  return at > 0 ? [fault.slice(0, at), fault.slice(at + 1)] : ['', fault]
}

/** What the import stands at: still faults, something to say yes to, or nothing to do. */
export function standing(im: Import): 'faults' | 'ready' | 'nothing' | 'applied' | 'gone' {
  if (im.state === 'applied') return 'applied'
  if (im.state !== 'waiting') return 'gone'
  if (im.faults > 0) return 'faults'
  return im.creates + im.changes > 0 ? 'ready' : 'nothing'
}

/** What others changed since the check, as the server lists it. */
export function moved(error: ApiError | undefined): string[] {
  return Object.entries(error?.fields ?? {})
    .filter(([path]) => path.startsWith('rows['))
    .map(([, words]) => words)
}

/** What a row of a sheet's counts says: 新增 3 · 不变 20. */
export function counted(k: { creates: number; changes: number; same: number; faults: number }): string {
  return [k.creates && `新增 ${k.creates}`, k.changes && `修改 ${k.changes}`, k.same && `不变 ${k.same}`, k.faults && `有误 ${k.faults}`].filter(Boolean).join(' · ')
}
