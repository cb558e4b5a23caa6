import { randomKey } from '@/platform/random'
import { storage } from '@/platform/storage'
import { fetchDocument, sendFile, type ChosenFile } from '@/platform/file'
import { uploadFile, type UploadAnswer } from '@/platform/photo'
import { authorization, renew, token } from './auth'
import { askFactor, asksFactor } from './factor'
import { ApiError, offline, problemFrom } from './error'
import { exchange, type Answer, type Method } from './transport'
import type { Photo } from './types'

export interface Options {
  /** Anyone may read it: no session is asked for. */
  open?: boolean
  /** Sent as Idempotency-Key. */
  key?: string
}

/**
 * The one way to the API. Logs in silently when there is no session, once more when the server answers 401; asks a GET
 * again once when the network failed. Throws ApiError, nothing else.
 */
export async function request<T>(method: Method, path: string, body?: unknown, options: Options = {}): Promise<T> {
  const send = async (header: Record<string, string>) => {
    if (options.key) header['Idempotency-Key'] = options.key
    return method === 'GET' ? await twice(() => exchange(method, path, header)) : await exchange(method, path, header, body)
  }
  return settled<T>(options.open ? await send({}) : await withSession(send))
}

export const get = <T>(path: string, options?: Options) => request<T>('GET', path, undefined, options)
export const post = <T>(path: string, body: unknown = {}) => request<T>('POST', path, body)
export const del = (path: string) => request<void>('DELETE', path)

/**
 * A POST that creates something, safe to send again. Its Idempotency-Key is kept beside the draft named `draft` until the
 * server has answered, so that a retry after a lost answer, or after the page was closed, cannot create it twice; nor can
 * one that is turned away in between because too many came.
 */
export async function create<T>(path: string, body: unknown, draft: string): Promise<T> {
  const place = `idempotency:${draft}`
  const earlier = storage.get<string>(place) // of a try that nobody answered
  const key = earlier ?? randomKey()
  storage.set(place, key)
  try {
    const created = await request<T>('POST', path, body, { key })
    storage.remove(place)
    return created
  } catch (e) {
    const open = e instanceof ApiError && (e.unanswered || (e.turnedAway && earlier))
    if (!open) storage.remove(place)
    throw e
  }
}

/** The key of a `create` that nobody answered, for whoever sends it from now on; a fresh one when there is none. */
export function handOver(draft: string): string {
  const key = storage.get<string>(`idempotency:${draft}`) ?? randomKey()
  storage.remove(`idempotency:${draft}`)
  return key
}

/** Sends one photo from the phone, saying in per cent how far it is. Throws ApiError. */
export const uploadPhoto = async (local: string, progress?: (percent: number) => void) => settled<Photo>(await transferred((header) => uploadFile(local, header, progress)))

/** Sends a file that the person chose. Throws ApiError. */
export const upload = async <T>(path: string, file: ChosenFile) => settled<T>(await transferred((header) => sendFile(path, file, header)))

/** Hands a workbook or PDF of the server to the person under this name. Throws ApiError. */
export const download = async (path: string, name: string) => settled<void>(await transferred((header) => fetchDocument(path, name, header)))

async function transferred(move: (header: Record<string, string>) => Promise<UploadAnswer>): Promise<Answer> {
  return await withSession(async (header) => {
    try {
      return { ...(await move(header)), header: {} }
    } catch {
      throw offline()
    }
  })
}

/** The headers a protected photo is fetched with. */
export const photoHeaders = async () => authorization(await token())

async function withSession(send: (header: Record<string, string>) => Promise<Answer>): Promise<Answer> {
  const first = await token()
  let answer = await send(authorization(first))
  if (answer.status === 401) answer = await send(authorization(await renew(first)))
  // The right is there and waits for the second factor: what was asked is asked again once that was given.
  return asksFactor(answer.status, answer.body) && (await askFactor()) ? await send(authorization(await token())) : answer
}

async function twice(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (e) {
    if (e instanceof ApiError && e.code === 'offline') return await ask()
    throw e
  }
}

function settled<T>(answer: Answer): T {
  if (answer.status < 200 || answer.status >= 300) throw problemFrom(answer.status, answer.body, answer.header)
  return answer.body as T
}
