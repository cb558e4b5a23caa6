import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, me } from '../../tests/fake-uni'

let phone: ReturnType<typeof fakeUni>
let session: ReturnType<(typeof import('./session'))['useSession']>
let drafts: ReturnType<(typeof import('./drafts'))['useDrafts']>
let queue: ReturnType<(typeof import('./queue'))['useQueue']>
let auth: typeof import('@/api/auth')
const other = { ...me, id: 2, name: '小吴' }
const kept = () => [...phone.kept.keys()].map((k) => k.split(':').slice(2).join(':'))

beforeEach(async () => {
  vi.resetModules()
  setActivePinia(createPinia())
  phone = fakeUni()
  auth = await import('@/api/auth')
  drafts = (await import('./drafts')).useDrafts()
  queue = (await import('./queue')).useQueue()
  session = (await import('./session')).useSession()
})

/** A report that is being written, and one that waits to be sent. */
function write() {
  drafts.report.body = '张大爷家门口的路灯不亮'
  queue.add({ kind: 'visit', path: '/visits', body: { heard: '路灯' }, name: '走访', words: '路灯', wait: 10_000 })
}

describe('a desktop that several people use', () => {
  it('keeps nothing of who left, and sends what they had just answered', async () => {
    auth.letIn(me)
    write()
    phone.kept.set('warmcabin:resident:inbox', '[]')
    phone.reply('POST /visits', { status: 201, body: { id: 1 } })
    phone.reply('POST /logout', { status: 204 })
    await session.leave()
    expect(phone.calls('POST /visits')).toHaveLength(1)
    expect(drafts.report.body).toBe('')
    expect(kept()).not.toContain('inbox')
    expect(phone.kept.get('warmcabin:resident:draft:report') ?? '').not.toContain('张大爷')
  })

  it('gives what could not be sent to nobody else', async () => {
    auth.letIn(me)
    write()
    phone.reply('POST /visits', 'offline')
    phone.reply('POST /logout', 'offline')
    await session.leave().catch(() => undefined)
    expect(queue.items).toHaveLength(1)
    auth.letIn(other)
    expect([queue.items.length, drafts.report.body]).toEqual([0, ''])
    await queue.flush()
    expect(phone.calls('POST /visits')).toHaveLength(1)
  })

  it('has it for who comes back', async () => {
    auth.letIn(me)
    write()
    auth.forget(false) // twelve hours went by
    auth.letIn(me)
    expect([queue.items.length, drafts.report.body]).toEqual([1, '张大爷家门口的路灯不亮'])
  })
})

it('keeps a draft that was begun before anybody logged in, and how the phone shows things', () => {
  drafts.report.body = '楼前积水'
  phone.kept.set('warmcabin:resident:elder', 'true')
  session.know(me)
  expect(drafts.report.body).toBe('楼前积水')
  session.know(other)
  expect(drafts.report.body).toBe('')
  expect(kept()).toContain('elder')
})

it('has nothing left of who had their data deleted', () => {
  session.know(me)
  write()
  session.gone(true)
  expect([queue.items.length, drafts.report.body]).toEqual([0, ''])
})
