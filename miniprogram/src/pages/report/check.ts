import type { ReportDraft } from '@/stores/drafts'

export const shortest = 5
export const longest = 2000

/** What is still to be mended before a report can be sent, by field, in words that say how. */
export function faultsIn(draft: ReportDraft, uploads: { sending: number; failed: number }): Record<string, string> {
  const faults: Record<string, string> = {}
  const length = draft.body.trim().length
  if (uploads.sending) faults.photoIds = `还有 ${uploads.sending} 张照片在上传，请稍等一下。`
  else if (uploads.failed) faults.photoIds = `有 ${uploads.failed} 张照片没传上或不能用，请点它重试，或者去掉。`
  if (!draft.categoryId) faults.categoryId = '请选一类，拿不准就选“其他”。'
  if (length < shortest) faults.body = length ? `请再多写几个字（至少 ${shortest} 个）。` : '请写几句话，说说是什么问题。'
  if (!draft.communityId) faults.communityId = '请选在哪个社区。'
  if (!draft.placeText.trim()) faults.placeText = '请写具体位置，例如：3 号楼东侧路口。'
  return faults
}
