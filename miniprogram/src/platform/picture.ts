import { apiBase } from './address'

/** The address of a picture that anyone may see, e.g. "/deputies/1/code". */
export const publicPicture = (path: string) => `${apiBase()}${path}`

/** Keeps a picture that anyone may see on the phone, named `name` where files have names. False when the phone did not let us. */
export async function keepPicture(path: string, name: string): Promise<boolean> {
  // #ifdef H5
  try {
    const answer = await fetch(publicPicture(path))
    if (!answer.ok) return false
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await answer.blob())
    link.download = `${name}.jpg`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    return true
  } catch {
    return false
  }
  // #endif
  // #ifndef H5
  return await new Promise((resolve) => {
    uni.downloadFile({
      url: publicPicture(path),
      success: (r) =>
        r.statusCode === 200
          ? uni.saveImageToPhotosAlbum({ filePath: r.tempFilePath, success: () => resolve(true), fail: () => resolve(false) })
          : resolve(false),
      fail: () => resolve(false),
    })
  })
  // #endif
}
