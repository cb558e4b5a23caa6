import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, logsIn } from '../../tests/fake-uni'

let phone: ReturnType<typeof fakeUni>
let queue: ReturnType<(typeof import('./queue'))['useQueue']>
let module: typeof import('./queue')

/** The app as it is opened on this phone: what was kept is still there. */
async function open() {
  vi.resetModules()
  setActivePinia(createPinia())
  module = await import('./queue')
  queue = module.useQueue()
}

const visit = (words: string) => ({ kind: 'visit', path: '/visits', body: { heard: words }, name: '走访', words })
const made = (id: number) => ({ status: 201, body: { id } })

beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T01:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  phone = fakeUni()
  logsIn(phone)
  await open()
})
afterEach(() => vi.useRealTimers())

describe('without a network', () => {
  it('keeps what was sent, over a closed app, and sends it once by the same key', async () => {
    phone.reply('POST /visits', 'offline')
    const key = queue.add(visit('路灯不亮'))
    await queue.flush()
    expect(queue.waiting).toHaveLength(1)

    await open()
    expect(queue.waiting.map((q) => q.words)).toEqual(['路灯不亮'])
    phone.reply('POST /visits', made(7))
    const heard = vi.fn()
    module.onQueuedDone('visit', heard)
    await queue.flush()
    expect(queue.items).toEqual([])
    expect(phone.calls('POST /visits').map((c) => c.header['Idempotency-Key'])).toEqual([key, key])
    expect(heard.mock.calls[0]?.[1]).toEqual({ id: 7 })
  })

  it('goes in the order in which it was sent, and stops at the first that nobody answers', async () => {
    phone.reply('POST /visits', 'offline')
    queue.add(visit('一'))
    queue.add(visit('二'))
    await queue.flush()
    expect(phone.calls('POST /visits')).toHaveLength(1)
    phone.reply('POST /visits', made(1), made(2))
    await queue.flush()
    expect(phone.calls('POST /visits').map((c) => (c.data as { heard: string }).heard)).toEqual(['一', '一', '二'])
  })

  it('tries again by itself after a pause', async () => {
    phone.reply('POST /visits', 'offline', made(1))
    queue.add(visit('一'))
    await queue.flush()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(queue.items).toEqual([])
  })

  it('two runs at once send each thing once', async () => {
    phone.reply('POST /visits', made(1))
    queue.add(visit('一'))
    await Promise.all([queue.flush(), queue.flush()])
    expect(phone.calls('POST /visits')).toHaveLength(1)
  })
})

describe('what the server does not take', () => {
  const refusal = { status: 403, body: { code: 'forbidden', detail: '您已经不是这个社区的联络员了。' } }

  it('stays with the reason, does not hold up the others, and is never sent again by itself', async () => {
    phone.reply('POST /visits', refusal, made(2))
    queue.add(visit('一'))
    queue.add(visit('二'))
    await queue.flush()
    expect(queue.items.map((q) => [q.words, q.refused])).toEqual([['一', '您已经不是这个社区的联络员了。']])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(phone.calls('POST /visits')).toHaveLength(2)
    await open()
    expect(queue.refused).toHaveLength(1)
  })

  it('goes once more when the person says so', async () => {
    phone.reply('POST /visits', refusal, made(1))
    const key = queue.add(visit('一'))
    await queue.flush()
    queue.again(key)
    await queue.flush()
    expect(queue.items).toEqual([])
  })

  it('a server that stumbles over one does the others', async () => {
    phone.reply('POST /visits', { status: 500 }, made(2), { status: 500 })
    queue.add(visit('一'))
    queue.add(visit('二'))
    await queue.flush()
    expect(queue.waiting.map((q) => q.words)).toEqual(['一'])
  })
})

describe('what may be taken back', () => {
  const command = { kind: 'command', path: '/reports/1/commands', body: { command: 'accept' }, name: '受理', words: '2026-0001', wait: 10_000 }

  it('waits its time and then goes', async () => {
    phone.reply('POST /reports/1/commands', { status: 200, body: {} })
    queue.add(command)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(1)
  })

  it('does not wait for a day when the phone’s clock is set back by one', async () => {
    phone.reply('POST /reports/1/commands', { status: 200, body: {} })
    queue.add(command)
    await queue.flush()
    vi.setSystemTime(Date.now() - 86_400_000)
    await vi.advanceTimersByTimeAsync(11_000)
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(1)
  })

  it('is never sent when it was taken back', async () => {
    const key = queue.add(command)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(queue.drop(key)).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(0)
  })

  it('goes at once when the app leaves the front, and from a phone that died at the next opening', async () => {
    phone.reply('POST /reports/1/commands', { status: 200, body: {} }, { status: 200, body: {} })
    queue.add(command)
    queue.hurryAll()
    await queue.flush()
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(1)
    queue.add(command)
    vi.setSystemTime(Date.now() + 60_000)
    await open()
    await queue.flush()
    expect(phone.calls('POST /reports/1/commands')).toHaveLength(2)
  })
  it('what goes wrong on this phone waits for the person, and holds up nothing', async () => {
    module.prepareQueued('broken', () => Promise.reject(new TypeError('photos is undefined')))
    phone.reply('POST /visits', made(2))
    queue.add({ ...visit('一'), kind: 'broken' })
    queue.add(visit('二'))
    await queue.flush()
    expect(queue.refused.map((q) => q.words)).toEqual(['一'])
    expect(queue.waiting).toEqual([])
  })

  it('takes back only what has not gone', async () => {
    const key = queue.add({ ...visit('一'), wait: 10_000 })
    const other = queue.add({ ...visit('二'), wait: 10_000 })
    expect(queue.takeBack(other)).toBe(true)
    let answer: (r: unknown) => void = () => undefined
    Object.assign(phone.uni, { request: (o: { url: string; success: (r: unknown) => void }) => (o.url.includes('visits') ? (answer = o.success) : o.success({ statusCode: 200, data: { code: 'c', token: 't', me: { id: 1 } }, header: {} })) })
    await vi.advanceTimersByTimeAsync(10_100)
    expect(queue.takeBack(key)).toBe(false)
    answer({ statusCode: 201, data: { id: 1 }, header: {} })
    await queue.flush()
    expect(queue.items).toEqual([])
  })
})
