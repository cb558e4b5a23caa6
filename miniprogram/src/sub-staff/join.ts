import type { Joinables, NewJoin } from '@/api/types'

/** Two that the desk takes for one person. */
export interface Join {
  phone: string
  /** That the WeChat account left; empty when it is the same. */
  accountPhone: string
  earlierId: number
  accountId: number
  consent: boolean
}

export const emptyJoin = (): Join => ({ phone: '', accountPhone: '', earlierId: 0, accountId: 0, consent: false })

export type JoinPart = 'phone' | 'earlier' | 'account' | 'consent'

/** The parts of the form in their order, with what is missing in each. */
export function lacking(j: Join): Partial<Record<JoinPart, string>> {
  const lacks: Partial<Record<JoinPart, string>> = {}
  if (!j.phone.trim()) lacks.phone = '请填写登记时的电话。'
  if (!j.earlierId) lacks.earlier = '请选以前登记的是哪一位。'
  if (!j.accountId) lacks.account = '请选本人的微信。'
  if (!j.consent) lacks.consent = '请把这段话读给本人听，对方同意了再勾上。'
  return lacks
}

/** People to choose from, with what is theirs, so that two of one surname are told apart. */
export const joinable = (people: Joinables['earlier'], unnamed: string) =>
  people.map((p) => {
    const matters = [p.reports ? `${p.reports} 件反映` : '', p.bookings ? `${p.bookings} 个预约` : ''].filter(Boolean).join('、')
    return { id: p.id, name: `${p.name || unnamed}${matters ? `（${matters}）` : ''}` }
  })

export const joinBody = (j: Join): NewJoin => ({ phone: j.phone.trim(), accountPhone: j.accountPhone.trim(), earlierId: j.earlierId, accountId: j.accountId, consent: j.consent, how: 'face' })
