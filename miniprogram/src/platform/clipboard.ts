/** Copies a text. False when the phone did not let us. */
export async function copy(text: string): Promise<boolean> {
  return await new Promise((resolve) => {
    // Without showToast WeChat and the browser would each say it their own way.
    uni.setClipboardData({ data: text, showToast: false, success: () => resolve(true), fail: () => resolve(false) })
  })
}
