/** A short sentence that goes away by itself. */
export function say(sentence: string): void {
  uni.showToast({ title: sentence, icon: 'none', duration: 2500 })
}

/** Asks once before something that is hard to undo. */
export async function ask(sentence: string, yes: string): Promise<boolean> {
  return await new Promise((resolve) => {
    uni.showModal({
      title: '请确认',
      content: sentence,
      confirmText: yes.slice(0, 4),
      cancelText: '先不',
      success: (r) => resolve(r.confirm),
      fail: () => resolve(false),
    })
  })
}

/** Marks the tab 消息 with the unread count. Does nothing on pages without the tab bar. */
export function badgeInbox(unread: number): void {
  const quiet = { index: 3, fail: () => undefined }
  if (unread > 0) uni.setTabBarBadge({ ...quiet, text: unread > 99 ? '99+' : String(unread) })
  else uni.removeTabBarBadge(quiet)
}

/** Dials a number (after the phone's own question). */
export function dial(phone: string): void {
  uni.makePhoneCall({ phoneNumber: phone, fail: () => undefined })
}
