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

/** Sends one local photo. Rejects only when there was no answer at all. */
export async function uploadFile(path: string, headers: Record<string, string>): Promise<UploadAnswer> {
  return await new Promise((resolve, reject) => {
    uni.uploadFile({
      url: `${apiBase()}/photos`,
      filePath: path,
      name: 'file',
      header: headers,
      timeout: 60_000,
      success: (r) => resolve({ status: r.statusCode, body: parsed(r.data) }),
      fail: (e) => reject(new Error(e.errMsg)),
    })
  })
}

/** Fetches a photo that needs the session and gives a local address for <image>. Rejects with the HTTP status as message. */
export async function localPhoto(path: string, headers: Record<string, string>): Promise<string> {
  // #ifdef H5
  const answer = await fetch(`${apiBase()}${path}`, { headers })
  if (!answer.ok) throw new Error(String(answer.status))
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
