import type { Problem, Slot } from './types'

/** Why a request gave no result. `message` is a sentence for the person, `code` is for programs. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
    /** What to mend, by the field's name. */
    readonly fields: Record<string, string> = {},
    /** Seconds to wait before asking again; 0 when the server named none. */
    readonly retryAfter = 0,
    /** Other free slots, when the wanted one was just taken. */
    readonly alternatives: Slot[] = [],
    readonly requestId = '',
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** Whether the server never answered, so that the request may or may not have been done. */
  get unanswered(): boolean {
    return this.status === 0 || this.status >= 500
  }

  /** Whether the request was turned away at the gate: nobody looked at what it asks for. */
  get turnedAway(): boolean {
    return this.status === 401 || this.status === 429 || this.code === 'second_factor' || this.code === 'second_factor_unset'
  }
}

export const offline = () => new ApiError('offline', '网络好像断了。您写的内容都还在，连上网再试一次。')
export const timedOut = () => new ApiError('timeout', '网络有点慢，还没有等到答复。您写的内容都还在，请再试一次。')

/** The error in an answer that is no success. */
export function problemFrom(status: number, body: unknown, header: Record<string, string> = {}): ApiError {
  const problem: Problem = typeof body === 'object' && body !== null ? (body as Problem) : {}
  const fields: Record<string, string> = {}
  for (const f of problem.fields ?? []) fields[f.path.replace(/^body\./, '')] = f.message
  return new ApiError(
    problem.code ?? (status >= 500 ? 'unavailable' : 'invalid'),
    problem.detail || '系统这会儿没有处理成功，请稍后再试。',
    status,
    fields,
    Number(headerOf(header, 'retry-after')) || 0,
    problem.alternatives ?? [],
    problem.requestId ?? '',
  )
}

/** Anything thrown, as an ApiError: pages show only these. */
export function asApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError ? thrown : new ApiError('internal', '页面出了点问题，请再试一次。')
}

function headerOf(header: Record<string, string>, name: string): string | undefined {
  const key = Object.keys(header).find((k) => k.toLowerCase() === name)
  return key === undefined ? undefined : header[key]
}
