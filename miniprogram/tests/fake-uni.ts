import { vi } from 'vitest'

export interface Sent {
  url: string
  method: string
  header: Record<string, string>
  data: unknown
}

type Reply = { status: number; body?: unknown; header?: Record<string, string> } | 'offline' | 'timeout'

/** A phone whose network answers as told, in turn, by "METHOD path"; an unexpected request fails the test. */
export function fakeUni() {
  const sent: Sent[] = []
  const replies = new Map<string, Reply[]>()
  const kept = new Map<string, string>()

  function reply(to: string, ...answers: Reply[]) {
    replies.set(to, [...(replies.get(to) ?? []), ...answers])
  }

  interface Asked extends Sent {
    dataType?: string
    success: (r: unknown) => void
    fail: (e: unknown) => void
  }

  const uni = {
    request(o: Asked) {
      const path = o.url.replace('/api/v1', '')
      sent.push({ url: path, method: o.method, header: { ...o.header }, data: typeof o.data === 'string' ? JSON.parse(o.data) : o.data })
      const answer = replies.get(`${o.method} ${path}`)?.shift()
      if (!answer) throw new Error(`nobody told what ${o.method} ${path} answers`)
      if (answer === 'offline') queueMicrotask(() => o.fail({ errMsg: 'request:fail abort' }))
      else if (answer === 'timeout') queueMicrotask(() => o.fail({ errMsg: 'request:fail timeout' }))
      else queueMicrotask(() => o.success({ statusCode: answer.status, data: o.dataType === 'text' ? JSON.stringify(answer.body) : answer.body, header: answer.header ?? {} }))
    },
    getStorageSync: (k: string) => kept.get(k) ?? '',
    setStorageSync: (k: string, v: string) => void kept.set(k, v),
    removeStorageSync: (k: string) => void kept.delete(k),
    getStorageInfoSync: () => ({ keys: [...kept.keys()] }),
    setTabBarBadge: vi.fn(),
    removeTabBarBadge: vi.fn(),
    getNetworkType: vi.fn(),
    onNetworkStatusChange: vi.fn(),
    showToast: vi.fn(),
  }
  vi.stubGlobal('uni', uni)
  const calls = (to: string) => sent.filter((s) => `${s.method} ${s.url}` === to)
  return { uni, sent, calls, reply, kept }
}

export const me = { id: 1, name: '王阿姨', roles: [], unread: 0, agree: 0, home: 'resident' }

/** Tells the phone's network how to log "resident" in, `times` times: tokens t1, t2, … */
export function logsIn(phone: ReturnType<typeof fakeUni>, times = 1) {
  for (let n = 1; n <= times; n++) {
    phone.reply('POST /sim/people/resident/login-code', { status: 200, body: { code: `c${n}` } })
    phone.reply('POST /login', { status: 200, body: { token: `t${n}`, me } })
  }
}
