import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, logsIn, me } from '../../tests/fake-uni'

let phone: ReturnType<typeof fakeUni>
let api: typeof import('./request')
let auth: typeof import('./auth')

beforeEach(async () => {
  vi.resetModules()
  phone = fakeUni()
  api = await import('./request')
  auth = await import('./auth')
})

const failure = async (going: Promise<unknown>) => await going.then(() => expect.unreachable('it should have failed'), (e: unknown) => e as import('./error').ApiError)

it('holds ranges of time together on their way in, and sends them back as they came', async () => {
  logsIn(phone)
  phone.reply('GET /stations/1', { status: 200, body: { hours: '周三 9:00–9:30', name: '中心站' } })
  const station = await api.get<{ hours: string }>('/stations/1')
  expect(station).toEqual({ hours: '周三 9:00–\u20609:30', name: '中心站' })
  phone.reply('POST /stations/1', { status: 200, body: {} })
  await api.post('/stations/1', station)
  expect(phone.calls('POST /stations/1')[0]?.data).toEqual({ hours: '周三 9:00–9:30', name: '中心站' })
})

describe('session', () => {
  it('logs in silently when there is none, and keeps the token', async () => {
    logsIn(phone)
    phone.reply('GET /home', { status: 200, body: { unread: 3 } })
    expect(await api.get('/home')).toEqual({ unread: 3 })
    expect(phone.calls('GET /home')[0]?.header.Authorization).toBe('Bearer t1')
    expect(phone.kept.get('warmcabin:resident:token')).toBe('"t1"')
  })

  it('logs in once for several requests at once', async () => {
    logsIn(phone)
    phone.reply('GET /a', { status: 200, body: 1 })
    phone.reply('GET /b', { status: 200, body: 2 })
    expect(await Promise.all([api.get('/a'), api.get('/b')])).toEqual([1, 2])
    expect(phone.calls('POST /login')).toHaveLength(1)
  })

  it('renews a refused token once, one login for all, and sends the same body again', async () => {
    logsIn(phone, 2)
    phone.reply('GET /me', { status: 200, body: {} })
    await api.get('/me')
    phone.reply('POST /x', { status: 401 }, { status: 200, body: { n: 'x' } })
    phone.reply('POST /y', { status: 401 }, { status: 200, body: { n: 'y' } })
    expect(await Promise.all([api.post('/x', { n: 1 }), api.post('/y')])).toEqual([{ n: 'x' }, { n: 'y' }])
    expect(phone.calls('POST /login')).toHaveLength(2)
    expect(phone.calls('POST /x').map((s) => [s.header.Authorization, s.data])).toEqual([
      ['Bearer t1', { n: 1 }],
      ['Bearer t2', { n: 1 }],
    ])
  })

  it('gives up when the fresh token is refused as well', async () => {
    logsIn(phone, 2)
    phone.reply('GET /me', { status: 401 }, { status: 401, body: { code: 'unauthorized', detail: '请重新登录。' } })
    const e = await failure(api.get('/me'))
    expect([e.code, e.message, e.status]).toEqual(['unauthorized', '请重新登录。', 401])
    expect(phone.calls('GET /me')).toHaveLength(2)
  })

  it('does not log in behind the back of who logged out', async () => {
    auth.forget(true)
    expect((await failure(api.get('/home'))).code).toBe('unauthorized')
    expect(phone.sent).toEqual([])
    logsIn(phone)
    await auth.login()
    phone.reply('GET /home', { status: 200, body: {} })
    await api.get('/home')
  })

  it('reads what is open to anyone without a session', async () => {
    phone.reply('GET /needs', { status: 200, body: { items: [] } })
    await api.get('/needs', { open: true })
    expect(phone.sent).toHaveLength(1)
    expect(phone.sent[0]?.header.Authorization).toBeUndefined()
  })

  it('leads to the page with the code in a browser where there is no simulator', async () => {
    const reLaunch = vi.fn()
    Object.assign(phone.uni, { reLaunch })
    vi.stubGlobal('getCurrentPages', () => [{}])
    window.location.hash = '#/sub-staff/desk?view=today'
    phone.reply('POST /sim/people/resident/login-code', { status: 404 })
    const e = await failure(api.get('/home'))
    expect([e.code, e.message]).toEqual(['login_refused', '请用微信扫码登录。'])
    expect(reLaunch).toHaveBeenCalledWith({ url: '/pages/me/sign-in?back=%2Fsub-staff%2Fdesk%3Fview%3Dtoday' })
    window.location.hash = ''
  })

  it('asks with the cookie, not with a token, once a phone let this browser in', async () => {
    auth.letIn(me as never)
    phone.reply('GET /home', { status: 200, body: {} })
    await api.get('/home')
    expect(phone.sent[0]?.header.Authorization).toBe('Desktop')
    expect([...phone.kept.values()].join()).not.toMatch(/t1/)
  })
})

describe('network', () => {
  it('asks a GET again once', async () => {
    phone.reply('GET /needs', 'offline', { status: 200, body: { items: [] } })
    expect(await api.get('/needs', { open: true })).toEqual({ items: [] })
  })

  it('gives up on a GET after the second failure, in words', async () => {
    phone.reply('GET /needs', 'offline', 'offline')
    const e = await failure(api.get('/needs', { open: true }))
    expect(e.code).toBe('offline')
    expect(e.message).toContain('您写的内容都还在')
    expect(phone.sent).toHaveLength(2)
  })

  it('never sends a POST twice by itself', async () => {
    logsIn(phone)
    phone.reply('POST /bookings', 'offline')
    expect((await failure(api.create('/bookings', {}, 'booking'))).code).toBe('offline')
    expect(phone.calls('POST /bookings')).toHaveLength(1)
  })

  it('tells a slow network from none', async () => {
    phone.reply('GET /needs', 'timeout')
    expect((await failure(api.get('/needs', { open: true }))).code).toBe('timeout')
  })
})

describe('problem', () => {
  it('carries code, sentence, fields and the wait', async () => {
    const body = { code: 'invalid', detail: '请看一下红字。', requestId: 'r1', fields: [{ path: 'body.topic', message: '请写话题。' }] }
    phone.reply('GET /needs', { status: 429, body, header: { 'retry-after': '7' } })
    const e = await failure(api.get('/needs', { open: true }))
    expect(e).toMatchObject({ code: 'invalid', message: '请看一下红字。', status: 429, fields: { topic: '请写话题。' }, retryAfter: 7, requestId: 'r1' })
  })

  it('has words for an answer that is no problem at all', async () => {
    phone.reply('GET /needs', { status: 502, body: '<html>bad gateway</html>' })
    const e = await failure(api.get('/needs', { open: true }))
    expect([e.code, e.message]).toEqual(['unavailable', '系统这会儿没有处理成功，请稍后再试。'])
  })
})

describe('creating', () => {
  const keys = () => phone.calls('POST /bookings').map((s) => s.header['Idempotency-Key'])

  it('keeps its key until an answer comes, even over a closed app', async () => {
    logsIn(phone)
    phone.reply('POST /bookings', 'timeout')
    await failure(api.create('/bookings', {}, 'booking'))
    vi.resetModules()
    api = await import('./request')
    phone.reply('POST /bookings', { status: 503, body: { code: 'outcome_unknown' } }, { status: 201, body: { id: 1 } }, { status: 201, body: { id: 2 } })
    await failure(api.create('/bookings', {}, 'booking'))
    await api.create('/bookings', {}, 'booking')
    await api.create('/bookings', {}, 'booking')
    expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys()[1]).toBe(keys()[0])
    expect(keys()[2]).toBe(keys()[0])
    expect(keys()[3]).not.toBe(keys()[0])
  })

  it('keeps its key when the retry of an unanswered try is turned away', async () => {
    logsIn(phone)
    const busy = { status: 429, body: { code: 'too_many' } }
    phone.reply('POST /bookings', 'timeout', busy, { status: 201, body: { id: 1 } }, busy, { status: 201, body: { id: 2 } })
    await failure(api.create('/bookings', {}, 'booking'))
    await failure(api.create('/bookings', {}, 'booking'))
    await api.create('/bookings', {}, 'booking')
    expect(keys().slice(1, 3)).toEqual([keys()[0], keys()[0]])
    await failure(api.create('/bookings', {}, 'booking')) // the first try: nothing is to be repeated
    await api.create('/bookings', {}, 'booking')
    expect(new Set(keys()).size).toBe(3)
  })

  it('takes a new key after the server refused', async () => {
    logsIn(phone)
    phone.reply('POST /bookings', { status: 409, body: { code: 'slot_taken' } }, { status: 201, body: {} })
    await failure(api.create('/bookings', {}, 'booking'))
    await api.create('/bookings', {}, 'booking')
    expect(keys()[1]).not.toBe(keys()[0])
  })

  it('keeps the key over a renewed session', async () => {
    logsIn(phone, 2)
    phone.reply('POST /bookings', { status: 401 }, { status: 201, body: {} })
    await api.create('/bookings', {}, 'booking')
    expect(keys()[1]).toBe(keys()[0])
  })
})
