import { ApiError } from '@/api/error'
import { uploadPhoto } from '@/api/request'
import type { NewReport } from '@/api/types'
import type { KeptPhoto } from '@/components/PhotoGrid/uploads'
import { keepOnly, keptPhoto } from '@/platform/keep'
import { say } from '@/platform/say'
import { useDrafts, type ReportDraft } from './drafts'
import { onQueuedDone, prepareQueued, useQueue, type Queued } from './queue'

// Reports that wait on the phone for a network, with their photos. They go through the one queue, by their key, so never twice.

/** What a queued report holds: what the server is sent, the photos by where they are, and the draft to take it back into. */
interface Held extends Record<string, unknown> {
  report: Omit<NewReport, 'photoIds'> | { note: string }
  photos: KeptPhoto[]
  draft: ReportDraft
}

const kind = 'report'
const held = (q: Queued) => q.body as Held

prepareQueued(kind, async (item) => {
  const { report, photos } = held(item)
  for (const p of photos) {
    if (p.id) continue
    const local = await keptPhoto(p.kept)
    if (!local) throw new ApiError('invalid', '有一张照片在手机里找不到了。请点“取回来改”，重新添加。', 422)
    p.id = (await uploadPhoto(local)).id // kept at once: a photo that went is not sent again
  }
  return { ...report, photoIds: photos.map((p) => p.id) }
})
onQueuedDone(kind, (item, answer) => {
  linkVisit(held(item).draft?.visitKey, (answer as { id?: number } | undefined)?.id ?? 0)
  say('刚才存在手机里的反映已经发出')
  sweep()
})

/** Keeps a report (or 我也遇到, with `path`) on the phone until it can go. */
export function sendLater(draft: ReportDraft, report: Held['report'], photos: KeptPhoto[], key: string, path = '/reports', name = '反映的问题'): void {
  const body: Held = { report, photos: photos.map((p) => ({ ...p })), draft: JSON.parse(JSON.stringify({ ...draft, photos })) as ReportDraft }
  useQueue().add({ kind, path, body, key, name, words: draft.body.trim() })
}

/** Notes on the visit whose words a report began from that it came of it; through the queue, behind the visit itself. */
export function linkVisit(visitKey: string | undefined, reportId: number): void {
  if (visitKey && reportId) useQueue().add({ kind: 'visit-report', path: '/visits/reports', body: { visitKey, reportId }, name: '走访和反映连在一起', words: '' })
}

export const queuedReports = () => useQueue().of(kind)

/** What is still on its way of its photos. */
export const photosOf = (q: Queued) => ({ all: held(q).photos.length, sent: held(q).photos.filter((p) => p.id).length })

/** Takes a queued report off the queue and gives its draft back; undefined when it is gone already. */
export function takeBack(q: Queued): ReportDraft | undefined {
  // Its photos may lie on the server already, for a day: then their ids serve; the copies do in any case.
  const draft = { ...held(q).draft, photos: held(q).photos.map((p) => (p.kept ? { id: '', kept: p.kept } : { ...p })) }
  return useQueue().drop(q.key) ? draft : undefined
}

/** Deletes the copies of photos that no queued report and no draft needs. */
export function sweep(): void {
  void keepOnly([...useDrafts().report.photos, ...queuedReports().flatMap((q) => held(q).photos)].map((p) => p.kept).filter(Boolean))
}
