/** A place that the person pointed at: how the map calls it, and where it is (GCJ-02, as WeChat's maps and our stations). */
export interface MapPlace {
  name: string
  lat: number
  lng: number
}

/** Whether this phone can show a map to point at. In a browser there is none: the place is named in words. */
export function hasMap(): boolean {
  // #ifdef MP-WEIXIN
  return true
  // #endif
  // #ifndef MP-WEIXIN
  return false
  // #endif
}

/** Lets the person point at a place. Undefined when they changed their mind; 'refused' when WeChat or the person does not allow it: words do as well. */
export async function choosePlace(): Promise<MapPlace | 'refused' | undefined> {
  return await new Promise((resolve) => {
    uni.chooseLocation({
      success: (r) => resolve(r.latitude || r.longitude ? { name: r.name || r.address || '地图上的位置', lat: r.latitude, lng: r.longitude } : undefined),
      fail: (e: { errMsg?: string }) => resolve(/cancel/i.test(e.errMsg ?? '') ? undefined : 'refused'),
    })
  })
}
