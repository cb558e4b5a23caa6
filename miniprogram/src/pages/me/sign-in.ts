/** The key in a desktop's code, as WeChat hands its scene over (encoded once); "" when it is none. */
export function desktopKey(scene: string | undefined): string {
  try {
    return /^q=([A-Za-z0-9_-]{22})$/.exec(decodeURIComponent(scene ?? ''))?.[1] ?? ''
  } catch {
    return ''
  }
}

/** How often a page that nobody scans asks for a new code by itself: a forgotten one must not go on for ever. */
export const renewals = 5

/** What the page with the code says of its state. */
export const stateWords: Record<string, { head: string; words: string }> = {
  waiting: { head: '用微信扫码登录', words: '打开微信“扫一扫”，对准这个码，再在手机上确认。' },
  unfit: { head: '扫码的人没有工作身份', words: '要用已经开通了身份的微信来扫，这个码还能用。刚刚开通的，请在手机上重新打开温馨小屋再扫；要开通请联系街道人大工委。' },
  scanned: { head: '已经扫到', words: '请在手机上看清是谁在登录，再点“是我，登录”。' },
  refused: { head: '手机上拒绝了', words: '没有登录。要登录请换一个新的码。' },
  failed: { head: '没有登录', words: '' },
  expired: { head: '码过期了', words: '一个码只用一分钟。' },
  used: { head: '这个码用过了', words: '要登录请换一个新的码。' },
  signed_in: { head: '已登录', words: '正在打开工作台。' },
}

/** What the next code's page says of the one before, when it ended so: the person with the phone in hand must scan again. */
export const lateWords = '刚才扫到了，但是一分钟里没有在手机上确认，没有登录。这是新的码，请再扫一次。'

/** Whether somebody may still scan a code in this state. */
export const open = (state: string): boolean => state === 'waiting' || state === 'unfit'
