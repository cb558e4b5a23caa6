import { origin } from './address'
import { person } from './person'

/** Said when the platform gives no login code. */
export class NoLoginCode extends Error {}

/** This is a browser without the simulator beside its server, or the one that plays a desktop: one signs in with the phone. */
export class ByPhone extends NoLoginCode {}

/**
 * A fresh one-use login code: from WeChat, or in the browser from the simulator beside the server.
 * Throws NoLoginCode, whose message is a sentence for the person.
 */
export async function loginCode(): Promise<string> {
  // #ifdef MP-WEIXIN
  return await new Promise<string>((resolve, reject) => {
    uni.login({
      provider: 'weixin',
      success: (r) => (r.code ? resolve(r.code) : reject(new NoLoginCode('微信没有给出登录凭证，请稍后再试。'))),
      fail: () => reject(new NoLoginCode('微信登录没有成功，请检查网络后再试。')),
    })
  })
  // #endif
  // #ifdef H5
  if (person() === 'desktop') throw new ByPhone('请用微信扫码登录。')
  return await new Promise<string>((resolve, reject) => {
    uni.request({
      url: `${origin()}/sim/people/${person()}/login-code`,
      method: 'POST',
      data: {},
      timeout: 10_000,
      success: (r) => {
        const code = (r.data as { code?: string } | null)?.code
        if (r.statusCode === 200 && code) resolve(code)
        else reject(new ByPhone('请用微信扫码登录。'))
      },
      fail: () => reject(new NoLoginCode('网络好像断了，暂时不能登录。连上网再试一次。')),
    })
  })
  // #endif
}

/** What the device list calls this phone, e.g. "iPhone 15 · 微信". */
export function deviceName(): string {
  // #ifdef H5
  return `${/Mobile|Android|iPhone/.test(navigator.userAgent) ? '手机' : '电脑'} · 浏览器`
  // #endif
  // #ifndef H5
  const info = uni.getDeviceInfo()
  return `${info.deviceModel || info.deviceBrand || '手机'} · 微信`.slice(0, 60)
  // #endif
}
