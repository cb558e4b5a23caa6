import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fakeUni, logsIn } from '../../tests/fake-uni'
import type { ReportDraft } from './drafts'

let phone: ReturnType<typeof fakeUni>
let outgoing: typeof import('./outgoing')
let queue: ReturnType<(typeof import('./queue'))['useQueue']>
const answers: { status: number; body: unknown }[] = []
const uploaded: string[] = []

const draft: ReportDraft = { categoryId: 3, body: '门口积水', communityId: 1, building: '', placeText: '北门', spot: null, answers: {}, photos: [], deputyId: 0, unsent: 0 }
const report = { categoryId: 3, body: '门口积水', place: { communityId: 1, text: '北门' } }

/** The app as it is opened on this phone: what was kept is still there. */
async function open() {
  vi.resetModules()
  vi.doMock('@/platform/keep', () => ({ keptPhoto: (ref: string) => Promise.resolve(ref === 'gone' ? '' : `blob:${ref}`), keepOnly: () => Promise.resolve() }))
  setActivePinia(createPinia())
  outgoing = await import('./outgoing')
  queue = (await import('./queue')).useQueue()
}

beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T01:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  phone = fakeUni()
  logsIn(phone)
  uploaded.length = answers.length = 0
  Object.assign(phone.uni, {
    uploadFile: (o: { filePath: string; success: (r: unknown) => void; fail: (e: unknown) => void }) => {
      uploaded.push(o.filePath)
      const answer = answers.shift()
      queueMicrotask(() => (answer ? o.success({ statusCode: answer.status, data: JSON.stringify(answer.body) }) : o.fail({ errMsg: 'uploadFile:fail' })))
    },
  })
  await open()
})
afterEach(() => vi.useRealTimers())

it('sends photos and report when the network is back, over a closed app, each photo once and by one key', async () => {
  answers.push({ status: 201, body: { id: 'a' } }) // the second photo finds no network
  outgoing.sendLater(draft, report, [{ id: '', kept: 'k1' }, { id: '', kept: 'k2' }], 'key-0001')
  await queue.flush()
  expect(outgoing.queuedReports().map((q) => outgoing.photosOf(q))).toEqual([{ all: 2, sent: 1 }])

  await open()
  answers.push({ status: 201, body: { id: 'b' } })
  phone.reply('POST /reports', 'offline', { status: 201, body: { id: 7 } })
  await queue.flush()
  await queue.flush()
  expect(uploaded).toEqual(['blob:k1', 'blob:k2', 'blob:k2'])
  const calls = phone.calls('POST /reports')
  expect(calls.map((c) => [c.header['Idempotency-Key'], (c.data as { photoIds: string[] }).photoIds])).toEqual([['key-0001', ['a', 'b']], ['key-0001', ['a', 'b']]])
  expect(calls[0]!.data).toEqual({ ...report, photoIds: ['a', 'b'] }) // nothing of the phone's own goes along
  expect(outgoing.queuedReports()).toEqual([])
})

it('gives the draft back, with its photos, and sends nothing any more', async () => {
  outgoing.sendLater(draft, report, [{ id: '', kept: 'k1' }], 'key-0002')
  await queue.flush()
  const back = outgoing.takeBack(outgoing.queuedReports()[0]!)
  expect(back).toMatchObject({ body: '门口积水', photos: [{ id: '', kept: 'k1' }] })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(phone.calls('POST /reports')).toHaveLength(0)
})

it('says when the phone lost a photo instead of sending without it', async () => {
  outgoing.sendLater(draft, report, [{ id: '', kept: 'gone' }], 'key-0003')
  await queue.flush()
  expect(queue.refused[0]?.refused).toContain('有一张照片在手机里找不到了')
  expect(phone.calls('POST /reports')).toHaveLength(0)
})

it('what the server refuses stays with its words until the person decides', async () => {
  phone.reply('POST /reports', { status: 422, body: { code: 'invalid', detail: '这一类已经不用了。' } })
  outgoing.sendLater(draft, report, [], 'key-0004')
  await queue.flush()
  expect(queue.refused.map((q) => [q.words, q.refused])).toEqual([['门口积水', '这一类已经不用了。']])
})

it('keeps a resident’s report as it keeps one’s own: whole, once, and back into its form when the server refuses it', async () => {
  const form = { body: '路灯不亮', phone: '13800138000', name: '李桂芳' }
  const body = { phone: form.phone, name: form.name, consent: true, read: '我同意。' }
  const uploads = { photos: { value: [{ id: '', kept: 'k1' }] }, idle: () => Promise.resolve() }
  expect(await outgoing.sendOrKeep({ kind: 'proxy', path: '/proxy/reports', name: '替居民反映', slot: 'proxy-report', draft: form, body, uploads: uploads as never, online: false })).toBeUndefined()
  await queue.flush() // the photo finds no network

  await open()
  answers.push({ status: 201, body: { id: 'a' } })
  phone.reply('POST /proxy/reports', { status: 409, body: { code: 'conflict', detail: '这个电话登记的是“王＊”。请核对是不是同一位。' } })
  await queue.flush()
  const [refused] = outgoing.queuedReports('proxy')
  expect(refused?.refused).toContain('请核对是不是同一位')
  expect(phone.calls('POST /proxy/reports').map((c) => c.data)).toEqual([{ ...body, photoIds: ['a'] }])
  expect(outgoing.takeBack(refused!)).toMatchObject({ ...form, photos: [{ id: '', kept: 'k1' }] })
  expect(queue.items).toEqual([])
})
