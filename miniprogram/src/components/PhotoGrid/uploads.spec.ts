import { beforeEach, expect, it, vi } from 'vitest'
import { fakeUni, logsIn } from '../../../tests/fake-uni'

let phone: ReturnType<typeof fakeUni>
let waiting: { path: string; answer: (status: number, body: unknown) => void }[]
let module: typeof import('./uploads')
const settle = () => new Promise((r) => setTimeout(r))

beforeEach(async () => {
  vi.resetModules()
  phone = fakeUni()
  logsIn(phone)
  waiting = []
  Object.assign(phone.uni, {
    chooseImage: (o: { count: number; success: (r: unknown) => void }) => o.success({ tempFilePaths: Array.from({ length: 12 }, (_, i) => `f${i}`) }),
    uploadFile: (o: { filePath: string; success: (r: unknown) => void }) =>
      void waiting.push({ path: o.filePath, answer: (statusCode, body) => o.success({ statusCode, data: JSON.stringify(body) }) }),
  })
  module = await import('./uploads')
})

it('takes no more than nine, sends two at a time, keeps their order', async () => {
  const photos = module.useUploads(['old'])
  await photos.add()
  await settle()
  expect(photos.uploads.value).toHaveLength(9)
  expect(waiting.map((w) => w.path)).toEqual(['f0', 'f1'])
  waiting[1]!.answer(201, { id: 'b' })
  await settle()
  waiting[0]!.answer(201, { id: 'a' })
  await settle()
  expect(waiting.map((w) => w.path)).toEqual(['f0', 'f1', 'f2', 'f3'])
  expect(photos.ids.value).toEqual(['old', 'a', 'b'])
})

it('says why one failed, and sends it again when asked', async () => {
  const photos = module.useUploads()
  await photos.add()
  await settle()
  waiting[0]!.answer(415, { code: 'unsupported', detail: '这不是照片。' })
  await settle()
  const failed = photos.uploads.value[0]!
  expect([failed.state, failed.error]).toEqual(['failed', '这不是照片。'])
  expect(photos.ids.value).toEqual([])
  photos.retry(failed.key)
  waiting[1]!.answer(201, { id: 'b' })
  await settle()
  expect(waiting.map((w) => w.path)).toContain('f0')
  expect(waiting.filter((w) => w.path === 'f0')).toHaveLength(2)
})
