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
