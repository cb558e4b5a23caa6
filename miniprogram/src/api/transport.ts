import { apiBase } from '@/platform/address'
import { unbroken, whole } from '@/words/time'
import { offline, timedOut } from './error'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Answer {
  status: number
  body: unknown
  header: Record<string, string>
}

/** One HTTP exchange with the API, no more. Throws ApiError "offline" or "timeout" when there was no answer. */
export async function exchange(method: Method, path: string, header: Record<string, string>, body?: unknown): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    uni.request({
      url: apiBase() + path,
      method,
      header: body === undefined ? header : { 'Content-Type': 'application/json', ...header },
      // A string goes out as it is on both platforms; undefined would become "{}" on one of them.
      data: body === undefined ? undefined : whole(JSON.stringify(body)),
      // As it came: read below.
      dataType: 'text',
      timeout: 10_000,
      success: (r) => resolve({ status: r.statusCode, body: parsed(r.data), header: (r.header ?? {}) as Record<string, string> }),
      fail: (e) => reject(/timeout/i.test(e.errMsg ?? '') ? timedOut() : offline()),
    })
  })
}

// Times in all that the server says hold together, on every page. What goes back is as it came.
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(unbroken(data))
  } catch {
    return undefined
  }
}
