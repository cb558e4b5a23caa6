/** Whether this phone can scan: WeChat can, a browser cannot. */
export function canScan(): boolean {
  // #ifdef MP-WEIXIN
  return true
  // #endif
  // #ifndef MP-WEIXIN
  return false
  // #endif
}

/** What a QR code before the camera says; "" when the person closed the camera. */
export async function scan(): Promise<string> {
  return await new Promise((resolve) => {
    uni.scanCode({ scanType: ['qrCode'], success: (r) => resolve(r.result), fail: () => resolve('') })
  })
}

/** The page of ours, with its query, that a mini-program code before the camera opens; "" for another one or none. */
export async function scanPage(): Promise<string> {
  return await new Promise((resolve) => {
    uni.scanCode({ success: (r) => resolve((r as { path?: string }).path ?? ''), fail: () => resolve('') })
  })
}
