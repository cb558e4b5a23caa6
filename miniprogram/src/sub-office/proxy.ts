import type { NewProxyReport } from '@/api/types'

/** Who it is: somebody of this phone's by their id, `another` with the same phone, or `fresh`, nobody knows this phone yet. */
export type Who = number | 'another' | 'fresh'

/** What is written down for a resident. It holds a name and a phone, so it is never kept on the phone. */
export interface ProxyForm {
  phone: string
  who: Who | undefined
  name: string
  categoryId: number
  body: string
  communityId: number
  placeText: string
  how: 'face' | 'phone'
  consent: boolean
}

export const emptyProxy = (communityId = 0): ProxyForm => ({ phone: '', who: undefined, name: '', categoryId: 0, body: '', communityId, placeText: '', how: 'face', consent: false })

export type Part = 'phone' | 'who' | 'name' | 'category' | 'body' | 'place' | 'photos' | 'consent'

/** The parts of the form in their order, with what is missing in each. */
export function lacking(f: ProxyForm, photos: { sending: number; failed: number } = { sending: 0, failed: 0 }): Partial<Record<Part, string>> {
  const lacks: Partial<Record<Part, string>> = {}
  if (!f.phone.trim()) lacks.phone = '请填写居民的电话。'
  else if (f.who === undefined) lacks.who = '请先查一下这个电话，看看是不是登记过。'
  if ((f.who === 'fresh' || f.who === 'another') && !f.name.trim()) lacks.name = '请问一下怎么称呼。'
  if (photos.sending) lacks.photos = '照片还在上传，请稍等。'
  else if (photos.failed) lacks.photos = '有照片没有传上去，请重试或者删掉。'
  if (!f.categoryId) lacks.category = '请选一个类别。'
  if (f.body.trim().length < 5) lacks.body = '请写清楚是什么问题，至少 5 个字。'
  if (!f.communityId) lacks.place = '请选社区。'
  if (!f.consent) lacks.consent = '请把这段话读给居民听，对方同意了再勾上。'
  return lacks
}

export const bodyOf = (f: ProxyForm, photoIds: string[]): NewProxyReport => ({
  phone: f.phone.trim(),
  name: f.name.trim(),
  residentId: typeof f.who === 'number' ? f.who : 0,
  another: f.who === 'another',
  consent: f.consent,
  how: f.how,
  categoryId: f.categoryId,
  body: f.body.trim(),
  place: { communityId: f.communityId, text: f.placeText.trim() },
  photoIds,
})
