import { beforeEach, expect, it, vi } from 'vitest'
import { fakeUni, logsIn } from '../../../tests/fake-uni'
import type { Upload } from './uploads'

let phone: ReturnType<typeof fakeUni>
let waiting: { path: string; answer: (status: number, body: unknown) => void }[]
let module: typeof import('./uploads')
const settle = () => new Promise((r) => setTimeout(r))

beforeEach(async () => {
  vi.resetModules()
  phone = fakeUni()
  logsIn(phone)
  waiting = []
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no browser here'))) // so photos go as they are
  Object.assign(phone.uni, {
    chooseImage: (o: { count: number; success: (r: unknown) => void }) => o.success({ tempFilePaths: Array.from({ length: 12 }, (_, i) => `f${i}`) }),
    uploadFile: (o: { filePath: string; success: (r: unknown) => void }) =>
      void waiting.push({ path: o.filePath, answer: (statusCode, body) => o.success({ statusCode, data: JSON.stringify(body) }) }),
  })
  module = await import('./uploads')
})

it('takes no more than nine, sends two at a time, keeps their order', async () => {
  phone.reply('GET /photos?ids=old', { status: 200, body: { items: [{ id: 'old', state: 'ready' }], next: '' } })
  const photos = module.useUploads([{ id: 'old', kept: '' }])
  await photos.add()
  await settle()
  expect(photos.uploads.value).toHaveLength(9)
  expect(waiting.map((w) => w.path)).toEqual(['f0', 'f1'])
  waiting[1]!.answer(201, { id: 'b', state: 'ready' })
  await settle()
  waiting[0]!.answer(201, { id: 'a', state: 'ready' })
  await settle()
  expect(waiting.map((w) => w.path)).toEqual(['f0', 'f1', 'f2', 'f3'])
  expect(photos.ids.value).toEqual(['old', 'a', 'b'])
})

it('says why one failed, and sends it again when asked', async () => {
  const photos = module.useUploads()
  await photos.add()
  await settle()
  waiting[0]!.answer(503, { code: 'unavailable', detail: '系统正忙。' })
  waiting[1]!.answer(415, { code: 'unsupported', detail: '这不是照片。' })
  await settle()
  const [failed, refused] = photos.uploads.value as [Upload, Upload]
  expect([failed.state, failed.error]).toEqual(['failed', '系统正忙。'])
  expect([refused.refused, refused.error, photos.refused.value]).toEqual([true, '这不是照片。', 1])
  photos.retry(refused.key) // what is no photo is not sent again
  expect(photos.ids.value).toEqual([])
  photos.retry(failed.key)
  waiting[2]!.answer(201, { id: 'b', state: 'ready' })
  await settle()
  expect(waiting.filter((w) => w.path === 'f1')).toHaveLength(1)
  expect(waiting.filter((w) => w.path === 'f0')).toHaveLength(2)
})

it('asks what became of photos, and says which can never be used', async () => {
  vi.useFakeTimers()
  try {
    const photos = module.useUploads()
    Object.assign(phone.uni, { chooseImage: (o: { success: (r: unknown) => void }) => o.success({ tempFilePaths: ['f0', 'f1'] }) })
    await photos.add()
    await vi.advanceTimersByTimeAsync(0)
    waiting[0]!.answer(201, { id: 'a', state: 'processing' })
    waiting[1]!.answer(201, { id: 'b', state: 'processing' })
    await vi.advanceTimersByTimeAsync(0)
    expect(photos.uploads.value.map((u) => u.state)).toEqual(['working', 'working'])
    expect(photos.ids.value).toEqual(['a', 'b']) // a report need not wait for them
    phone.reply('GET /photos?ids=a,b', 'offline', 'offline', {
      status: 200,
      body: { items: [{ id: 'a', state: 'processing' }, { id: 'b', state: 'bad', reason: '照片已损坏。' }], next: '' },
    })
    phone.reply('GET /photos?ids=a', { status: 200, body: { items: [{ id: 'a', state: 'ready' }], next: '' } })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(photos.uploads.value.map((u) => [u.state, u.error])).toEqual([['done', ''], ['bad', '照片已损坏。']])
    expect([photos.ids.value, photos.unfinished.value]).toEqual([['a'], 1])
    expect(phone.calls('GET /photos?ids=a')).toHaveLength(1) // done: nobody asks any more
  } finally {
    vi.useRealTimers()
  }
})

it('says that a photo of an old draft is gone', async () => {
  phone.reply('GET /photos?ids=old', { status: 200, body: { items: [], next: '' } })
  const photos = module.useUploads([{ id: 'old', kept: '' }])
  await settle()
  await settle()
  await settle()
  expect(photos.uploads.value[0]!.error).toContain('重新添加')
  expect(photos.ids.value).toEqual([])
})

it('takes back a photo that was removed while it was on its way', async () => {
  const photos = module.useUploads()
  await photos.add()
  await settle()
  phone.reply('DELETE /photos/a', { status: 204 })
  photos.remove(photos.uploads.value[0]!.key)
  waiting[0]!.answer(201, { id: 'a', state: 'processing' })
  await settle()
  await settle()
  expect(phone.calls('DELETE /photos/a')).toHaveLength(1)
})

it('brings back what an earlier page left unsent, and leaves out what the phone lost', async () => {
  const blobs = new Map([['resident/k1', new Blob(['x'])]])
  vi.doMock('@/platform/keep', () => ({ keepPhoto: () => Promise.resolve('new'), keptPhoto: (ref: string) => Promise.resolve(blobs.has(ref) ? `blob:${ref}` : '') }))
  vi.resetModules()
  const { useUploads } = await import('./uploads')
  const photos = useUploads([{ id: '', kept: 'resident/k1' }, { id: '', kept: 'gone' }], true)
  await settle()
  await settle()
  expect(waiting.map((w) => w.path)).toEqual(['blob:resident/k1'])
  expect(photos.photos.value).toEqual([{ id: '', kept: 'resident/k1' }])
  waiting[0]!.answer(201, { id: 'a', state: 'ready' })
  await settle()
  expect(photos.photos.value).toEqual([{ id: 'a', kept: 'resident/k1' }])
  vi.doUnmock('@/platform/keep')
})
