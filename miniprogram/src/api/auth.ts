import { ByPhone, deviceName, loginCode, NoLoginCode } from '@/platform/login'
import { openSignIn } from '@/platform/navigate'
import { storage } from '@/platform/storage'
import { ApiError, problemFrom } from './error'
import { exchange } from './transport'
import type { Login, Me } from './types'

const tokenKey = 'token'
const signedOutKey = 'signed-out'
/** Stands where a phone keeps its token: a desktop's session is in a cookie, which no script can read. */
const inCookie = 'desktop'

let underWay: Promise<string> | undefined
let told: ((me: Me) => void) | undefined

/** Calls back with who logged in, each time a login succeeds. */
export function onLogin(callback: (me: Me) => void): void {
  told = callback
}

/** The session's token kept on this phone, if any. */
export const currentToken = () => storage.get<string>(tokenKey)

/** The header that says who asks. */
export const authorization = (token: string) => ({ Authorization: token === inCookie ? 'Desktop' : `Bearer ${token}` })

/** Whether this browser was let in by a phone. */
export const onDesktop = () => currentToken() === inCookie

/** This browser was let in by a phone: the server has set its cookie. */
export function letIn(me: Me): void {
  storage.set(tokenKey, inCookie)
  storage.remove(signedOutKey)
  told?.(me)
}

/** Whether the person chose to log out: then nothing logs in silently. */
export const signedOut = () => storage.get<boolean>(signedOutKey) === true

/** The token, after a silent login when there is none. Throws ApiError. */
export async function token(): Promise<string> {
  const kept = currentToken()
  if (kept) return kept
  if (signedOut()) throw new ApiError('unauthorized', '您已退出登录。到“我的”里点“微信登录”再进来。', 401)
  return await login()
}

/** A token other than the one the server just refused. Several requests refused at once share one login. */
export async function renew(refused: string): Promise<string> {
  const kept = currentToken()
  if (kept && kept !== refused) return kept
  if (!underWay) storage.remove(tokenKey)
  return await token()
}

/** Logs in with a fresh code, whoever asks meanwhile waits for the same login. Throws ApiError. */
export async function login(): Promise<string> {
  underWay ??= logInOnce().finally(() => (underWay = undefined))
  return await underWay
}

/** Forgets the session on this phone. `byChoice` keeps silent login away until the person asks for it. */
export function forget(byChoice: boolean): void {
  storage.remove(tokenKey)
  if (byChoice) storage.set(signedOutKey, true)
}

async function logInOnce(): Promise<string> {
  let code: string
  try {
    code = await loginCode()
  } catch (e) {
    if (e instanceof ByPhone) openSignIn()
    throw new ApiError('login_refused', e instanceof NoLoginCode ? e.message : '登录没有成功，请再试一次。')
  }
  const answer = await exchange('POST', '/login', {}, { code, device: deviceName() })
  if (answer.status >= 300) throw problemFrom(answer.status, answer.body, answer.header)
  const { token, me } = answer.body as Login
  storage.set(tokenKey, token)
  storage.remove(signedOutKey)
  told?.(me)
  return token
}
