import { expect, it, vi } from 'vitest'
import { fakeUni } from '../../tests/fake-uni'

it('lets go of the photos that were looked at longest ago', async () => {
  vi.resetModules()
  const phone = fakeUni()
  phone.kept.set('warmcabin:resident:token', '"t"')
  const gone: string[] = []
  vi.stubGlobal('fetch', vi.fn((url: string) => Promise.resolve({ status: 200, blob: () => Promise.resolve(url) })))
  vi.stubGlobal('URL', { createObjectURL: (of: string) => `blob:${/photos\/(\w+)/.exec(of)?.[1]}`, revokeObjectURL: (a: string) => gone.push(a) })
  const { localAddress } = await import('./photos')
  for (let n = 0; n < 300; n++) await localAddress(`p${n}`, 'thumb')
  expect(await localAddress('p0', 'thumb')).toBe('blob:p0') // looked at again
  await localAddress('new', 'thumb')
  await vi.waitFor(() => expect(gone).toEqual(['blob:p1']))
  expect(fetch).toHaveBeenCalledTimes(301)
})
