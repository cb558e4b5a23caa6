export interface VisitDraft {
  communityId: number
  deputyId: number
  place: string
  whom: string
  heard: string
  /** When it was, "2026-11-28T09:30", by this phone's clock; empty: now. */
  at: string
}

export const emptyVisit = (): VisitDraft => ({ communityId: 0, deputyId: 0, place: '', whom: '', heard: '', at: '' })

const digits = /(?:1[3-9]\d{9})|(?:\d{17}[\dXx])/

/** What is still missing or not to be written, by field. The server checks the same, and has the last word. */
export function faultsOfVisit(d: VisitDraft): Record<string, string> {
  const found: Record<string, string> = {}
  if (!d.communityId) found.communityId = '请选走访的社区。'
  if (!d.place.trim()) found.place = '请写一下在哪里，例如：3 号楼、菜市场。'
  if (!d.whom.trim()) found.whom = '请选见到的是哪些人，不写姓名。'
  if (d.heard.trim().length < 2) found.heard = '请写一下听到了什么。'
  for (const field of ['whom', 'heard'] as const) {
    const plain = d[field].replace(/[\s\-－—]/g, '').replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    if (!found[field] && digits.test(plain)) found[field] = '走访记录不写居民的电话和证件号。要联系本人，请征得同意后用代办登记。'
  }
  return found
}

/** Today on this phone, "2026-11-28", and now, "09:30". */
export function nowParts(now = new Date()): { date: string; time: string } {
  const two = (n: number) => String(n).padStart(2, '0')
  return { date: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`, time: `${two(now.getHours())}:${two(now.getMinutes())}` }
}

/** The moment that was chosen, as the server reads it. */
export const momentOf = (at: string) => (at ? new Date(at) : new Date()).toISOString()
