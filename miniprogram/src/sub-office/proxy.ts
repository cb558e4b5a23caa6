import type { Category, NewProxyReport } from '@/api/types'
import { answersOf, unanswered } from '@/components/CategoryAsk/answers'
import { emptyWhose, lacksOf, noConsent, whoseBody, type Whose, type WhosePart } from '@/components/WhoseMatter/whose'
import { longest, runes, tooLong } from '@/pages/report/check'

/** What is written down for a resident. It holds a name and a phone: the phone keeps it only from 提交 until the server took it. */
export interface ProxyForm extends Whose {
  categoryId: number
  /** Answers to the categories' questions, by "category-question". */
  answers: Record<string, string>
  body: string
  communityId: number
  placeText: string
  how: 'face' | 'phone'
}

export const emptyProxy = (communityId = 0): ProxyForm => ({ ...emptyWhose(), categoryId: 0, answers: {}, body: '', communityId, placeText: '', how: 'face' })

export type Part = WhosePart | 'category' | 'body' | 'place' | 'photos' | 'consent' | `answers.${number}`

/** The parts of the form in their order, with what is missing in each. */
export function lacking(f: ProxyForm, photos: { loose: number; refused: number } = { loose: 0, refused: 0 }, category?: Category): Partial<Record<Part, string>> {
  const lacks: Partial<Record<Part, string>> = lacksOf(f)
  const length = runes(f.body.trim())
  if (photos.refused) lacks.photos = `有 ${photos.refused} 张照片不能用，请去掉。`
  else if (photos.loose) lacks.photos = '有照片没有传上去，请重试或者删掉。'
  if (!f.categoryId) lacks.category = '请选一个类别。'
  Object.assign(lacks, unanswered(f, category))
  if (length < 5) lacks.body = '请写清楚是什么问题，至少 5 个字。'
  else if (length > longest) lacks.body = tooLong(length)
  if (!f.communityId) lacks.place = '请选社区。'
  if (!f.consent) lacks.consent = noConsent('居民')
  return lacks
}

/** Where the page shows a part. */
export const anchorOf = (part: string) => (part.startsWith('answers.') ? `at-${part.replace('.', '-')}` : part)

/** As the server takes it, but for its photos; `read` are the words that were read. */
export function bodyOf(f: ProxyForm, read: string, category?: Category): Omit<NewProxyReport, 'photoIds'> {
  const answers = answersOf(f, category)
  return {
    ...whoseBody(f),
    how: f.how,
    read,
    categoryId: f.categoryId,
    body: f.body.trim(),
    place: { communityId: f.communityId, text: f.placeText.trim() },
    ...(answers.length ? { answers } : {}),
  }
}
