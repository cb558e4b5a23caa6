import type { Category } from '@/api/types'
import { unanswered } from '@/components/CategoryAsk/answers'
import type { ReportDraft } from '@/stores/drafts'

const shortest = 5
export const longest = 2000

/** How many characters a person sees in a text, as the server counts them. */
export const runes = (text: string) => [...text].length

/** What is pasted is never cut off unseen: it stays, and the person is told by how much it is too long. */
export const tooLong = (length: number) => `最多 ${longest} 个字，现在有 ${length} 个，请去掉 ${length - longest} 个。要紧的先写，其余的提交以后可以再补充。`

/** Photos that stand in the way: without a copy on the phone and not sent yet, or such that can never be used. */
export interface PhotosInTheWay {
  loose: number
  refused: number
}

/** What is still to be mended before a report can be sent, by field, in words that say how. */
export function faultsIn(draft: ReportDraft, photos: PhotosInTheWay, category?: Category): Record<string, string> {
  const faults: Record<string, string> = {}
  const length = runes(draft.body.trim())
  if (photos.refused) faults.photoIds = `有 ${photos.refused} 张照片不能用，请去掉。`
  else if (photos.loose) faults.photoIds = `还有 ${photos.loose} 张照片没传上，请稍等一下，或者点它重试、去掉。`
  if (!draft.categoryId) faults.categoryId = '请选一类，拿不准就选“其他”。'
  Object.assign(faults, unanswered(draft, category))
  if (length < shortest) faults.body = length ? `请再多写几个字（至少 ${shortest} 个）。` : '请写几句话，说说是什么问题。'
  else if (length > longest) faults.body = tooLong(length)
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
