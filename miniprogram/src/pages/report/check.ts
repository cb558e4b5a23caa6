import type { Category } from '@/api/types'
import type { ReportDraft } from '@/stores/drafts'

export const shortest = 5
export const longest = 2000

/** Photos that stand in the way: without a copy on the phone and not sent yet, or such that can never be used. */
export interface PhotosInTheWay {
  loose: number
  refused: number
}

/** Where the draft keeps an answer. */
export const answerKey = (categoryId: number, questionId: number) => `${categoryId}-${questionId}`

/** The answers of the chosen category, as the server takes them. */
export function answersOf(draft: ReportDraft, category: Category | undefined): { questionId: number; answer: string }[] {
  return (category?.questions ?? [])
    .map((q) => ({ questionId: q.id, answer: (draft.answers[answerKey(draft.categoryId, q.id)] ?? '').trim() }))
    .filter((a) => a.answer)
}

/** What is still to be mended before a report can be sent, by field, in words that say how. */
export function faultsIn(draft: ReportDraft, photos: PhotosInTheWay, category?: Category): Record<string, string> {
  const faults: Record<string, string> = {}
  const length = draft.body.trim().length
  if (photos.refused) faults.photoIds = `有 ${photos.refused} 张照片不能用，请去掉。`
  else if (photos.loose) faults.photoIds = `还有 ${photos.loose} 张照片没传上，请稍等一下，或者点它重试、去掉。`
  if (!draft.categoryId) faults.categoryId = '请选一类，拿不准就选“其他”。'
  const given = answersOf(draft, category)
  for (const q of category?.questions ?? []) {
    if (q.required && !given.some((a) => a.questionId === q.id)) faults[`answers.${q.id}`] = q.kind === 'text' ? '请写一句。' : '请选一个。'
  }
  if (length < shortest) faults.body = length ? `请再多写几个字（至少 ${shortest} 个）。` : '请写几句话，说说是什么问题。'
  if (!draft.communityId) faults.communityId = '请选在哪个社区。'
  if (!draft.placeText.trim() && !draft.building.trim() && !draft.spot) faults.placeText = '请写具体位置：哪栋楼，或者附近的路口、标志。'
  return faults
}

/** The buildings that a few typed characters may mean, the likest first; all when nothing is typed, none once one is named whole. */
export function buildingsLike(all: string[], typed: string, most = 6): string[] {
  const wanted = plain(typed)
  if (all.some((b) => plain(b) === wanted)) return []
  return all
    .map((name) => ({ name, at: plain(name).indexOf(wanted) }))
    .filter((b) => b.at >= 0)
    .sort((a, b) => a.at - b.at)
    .slice(0, most)
    .map((b) => b.name)
}

const plain = (text: string) => text.replace(/[\s　]/g, '').replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).toLowerCase()
