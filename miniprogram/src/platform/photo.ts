import { apiBase } from './address'

/** What the server said to a file, or why there is no answer. */
export interface UploadAnswer {
  status: number
  body: unknown
}

/** Lets the person choose up to `count` photos (or take one). Local addresses; empty when they changed their mind. */
export async function choosePhotos(count: number): Promise<string[]> {
  return await new Promise((resolve) => {
    uni.chooseImage({
      count,
      sizeType: ['compressed'],
      success: (r) => resolve([r.tempFilePaths].flat().slice(0, count)),
      fail: () => resolve([]),
    })
  })
}

/** Larger than this on its long side a photo only takes longer to send. */
const longSide = 2048
const heavy = 400_000

/** The photo, small enough for a bad network: a local address, the same when it was small already or cannot be made smaller. */
export async function smallerPhoto(path: string): Promise<string> {
  try {
    // #ifdef H5
    return await redrawn(path)
    // #endif
    // #ifndef H5
    return await compressed(path)
    // #endif
  } catch {
    return path // the server makes it smaller
  }
}

// #ifdef H5
async function redrawn(path: string): Promise<string> {
  const file = await (await fetch(path)).blob()
  const picture = await createImageBitmap(file) // upright
  const scale = Math.min(1, longSide / Math.max(picture.width, picture.height))
  if (scale === 1 && file.size <= heavy) return path
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  const pen = canvas.getContext('2d')
  if (!pen) return path
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.82))
  return made && made.size < file.size ? URL.createObjectURL(made) : path
}
// #endif

// #ifndef H5
async function compressed(path: string): Promise<string> {
  const { width, height } = await uni.getImageInfo({ src: path })
  const scale = longSide / Math.max(width, height)
  if (scale >= 1) return path // WeChat compressed it when it was chosen
  const size = width >= height ? { compressedWidth: longSide } : { compressedHeight: longSide }
  return (await uni.compressImage({ src: path, quality: 80, ...size })).tempFilePath
}
// #endif

/** Sends one local photo, saying in per cent how far it is. Rejects only when there was no answer at all. */
export async function uploadFile(path: string, headers: Record<string, string>, progress?: (percent: number) => void): Promise<UploadAnswer> {
  return await new Promise((resolve, reject) => {
    const task = uni.uploadFile({
      url: `${apiBase()}/photos`,
      filePath: path,
      name: 'file',
      header: headers,
      timeout: 60_000,
      success: (r) => resolve({ status: r.statusCode, body: parsed(r.data) }),
      fail: (e) => reject(new Error(e.errMsg)),
    }) as UniApp.UploadTask | undefined
    if (progress) task?.onProgressUpdate?.((r) => progress(r.progress))
  })
}

/** Fetches a photo that needs the session and gives a local address for <image>. Rejects with the HTTP status as message, also when there is no picture yet (202). */
export async function localPhoto(path: string, headers: Record<string, string>): Promise<string> {
  // #ifdef H5
  const answer = await fetch(`${apiBase()}${path}`, { headers })
  if (answer.status !== 200) throw new Error(String(answer.status))
  return URL.createObjectURL(await answer.blob())
  // #endif
  // #ifndef H5
  return await new Promise<string>((resolve, reject) => {
    uni.downloadFile({
      url: `${apiBase()}${path}`,
      header: headers,
      success: (r) => (r.statusCode === 200 ? resolve(r.tempFilePath) : reject(new Error(String(r.statusCode)))),
      fail: (e) => reject(new Error(e.errMsg)),
    })
  })
  // #endif
}

/** A photo that was fetched is not shown again from this address: the browser may let go of it. WeChat cleans up by itself. */
export function dropPhoto(address: string): void {
  // #ifdef H5
  URL.revokeObjectURL(address)
  // #endif
  // #ifndef H5
  void address
  // #endif
}

/** Shows local photos full screen, beginning with `current`. */
export function viewPhotos(paths: string[], current: string): void {
  uni.previewImage({ urls: paths, current })
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
