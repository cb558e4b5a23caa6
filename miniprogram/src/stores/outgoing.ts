import { ApiError, asApiError } from '@/api/error'
import { create, handOver, uploadPhoto } from '@/api/request'
import type { Report } from '@/api/types'
import type { KeptPhoto, useUploads } from '@/components/PhotoGrid/uploads'
import { keepOnly, keptPhoto } from '@/platform/keep'
import { say } from '@/platform/say'
import { storage } from '@/platform/storage'
import { useDrafts, type ReportDraft } from './drafts'
import { onQueuedDone, prepareQueued, useQueue, type Queued } from './queue'

// Reports that wait on the phone for a network, with their photos. They go through the one queue, by their key, so never twice.

/** So long a tap waits for photos that are on their way; what is slower goes from the queue. */
const patience = 15_000

/** `report` is one's own, or 我也遇到; `proxy` is a resident's, written down by who they asked to. */
export type Kind = 'report' | 'proxy'

/** What a queued report holds: what the server is sent, the photos by where they are, and the draft to take it back into. */
interface Held extends Record<string, unknown> {
  report: Record<string, unknown>
  photos: KeptPhoto[]
  draft: Record<string, unknown>
}

const held = (q: Queued) => q.body as Held

async function whole(item: Queued): Promise<Record<string, unknown>> {
  const { report, photos } = held(item)
  for (const p of photos) {
    if (p.id) continue
    const local = await keptPhoto(p.kept)
    if (!local) throw new ApiError('invalid', '有一张照片在手机里找不到了。请点“取回来改”，重新添加。', 422)
    p.id = (await uploadPhoto(local)).id // kept at once: a photo that went is not sent again
  }
  return { ...report, photoIds: photos.map((p) => p.id) }
}
storage.onCleared(() => void keepOnly([]))
prepareQueued('report', whole)
prepareQueued('proxy', whole)
onQueuedDone('report', (item, answer) => {
  linkVisit((held(item).draft as Partial<ReportDraft> | undefined)?.visitKey, (answer as { id?: number } | undefined)?.id ?? 0)
  say('刚才存在手机里的反映已经发出')
  sweep()
})
onQueuedDone('proxy', () => {
  say('刚才存在手机里的代办已经发出')
  sweep()
})

/** Keeps a report on the phone until it can go: to `path`, under its key, to be taken back into its draft. */
export function sendLater<D extends { body: string }>(draft: D, report: object, photos: KeptPhoto[], key: string, { kind = 'report' as Kind, path = '/reports', name = '反映的问题' } = {}): void {
  const body: Held = { report: { ...report }, photos: photos.map((p) => ({ ...p })), draft: JSON.parse(JSON.stringify({ ...draft, photos })) as Record<string, unknown> }
  useQueue().add({ kind, path, body, key, name, words: draft.body.trim() })
}

/** Notes on the visit whose words a report began from that it came of it; through the queue, behind the visit itself. */
export function linkVisit(visitKey: string | undefined, reportId: number): void {
  if (visitKey && reportId) useQueue().add({ kind: 'visit-report', path: '/visits/reports', body: { visitKey, reportId }, name: '走访和反映连在一起', words: '' })
}

export const queuedReports = (kind: Kind = 'report') => useQueue().of(kind)

/** What is still on its way of its photos. */
export const photosOf = (q: Queued) => ({ all: held(q).photos.length, sent: held(q).photos.filter((p) => p.id).length })

/** What a form sends: `slot` is where the key of an unanswered try lies, `uploads` its photos. */
interface Sending<D> {
  kind?: Kind
  path: string
  name: string
  slot: string
  draft: D
  body: object
  uploads: Pick<ReturnType<typeof useUploads>, 'photos' | 'idle'>
  online: boolean
}

/**
 * Sends at once when there is a network; else, and when nobody answers, it is kept on the phone and goes by itself, under the same
 * key. Returns what the server made of it; nothing when it is kept. Throws ApiError when the server refuses it.
 */
export async function sendOrKeep<D extends { body: string }>({ kind, path, name, slot, draft, body, uploads, online }: Sending<D>): Promise<Report | undefined> {
  await uploads.idle(online ? patience : 0)
  const photos = uploads.photos.value
  const later = () => void sendLater(draft, body, photos, handOver(slot), { kind, path, name })
  if (!online || photos.some((p) => !p.id)) return later()
  try {
    return await create<Report>(path, { ...body, photoIds: photos.map((p) => p.id) }, slot)
  } catch (e) {
    if (asApiError(e).unanswered) return later()
    throw e
  }
}

/** Takes a queued report off the queue and gives its draft back; undefined when it is gone already. */
export function takeBack<D>(q: Queued): (D & { photos: KeptPhoto[] }) | undefined {
  // Its photos may lie on the server already, for a day: then their ids serve; the copies do in any case.
  const draft = { ...held(q).draft, photos: held(q).photos.map((p) => (p.kept ? { id: '', kept: p.kept } : { ...p })) }
  return useQueue().drop(q.key) ? (draft as unknown as D & { photos: KeptPhoto[] }) : undefined
}

/** Deletes the copies of photos that no queued report and no draft needs. */
export function sweep(): void {
  const queued = [...queuedReports('report'), ...queuedReports('proxy')].flatMap((q) => held(q).photos)
  void keepOnly([...useDrafts().report.photos, ...useDrafts().proxyPhotos, ...queued].map((p) => p.kept).filter(Boolean))
}
