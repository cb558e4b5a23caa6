import { onShareAppMessage } from '@dcloudio/uni-app'

/** Lets WeChat's own share send this page's card to somebody. Does nothing in the browser, which has no such share. */
export function shareable(card: () => { title: string; path: string }): void {
  // #ifdef MP-WEIXIN
  onShareAppMessage(card)
  // #endif
  // #ifndef MP-WEIXIN
  void card
  void onShareAppMessage
  // #endif
}
