import { apiBase } from './address'
import type { UploadAnswer } from './photo'

/** A file that the person chose: where it is on this phone, and what they call it. */
export interface ChosenFile {
  path: string
  name: string
}

/**
 * Lets the person choose a workbook: in WeChat from a chat's files (the phone's own are not open to a mini-program), in the
 * browser from disk. Calls back only when one was chosen: not every browser says that somebody changed their mind.
 */
export function chooseWorkbook(chosen: (file: ChosenFile) => void): void {
  // #ifdef MP-WEIXIN
  uni.chooseMessageFile({
    count: 1,
    type: 'file',
    // Old formats too: the server says what to do with them.
    extension: ['xlsx', 'xls', 'csv'],
    success: (r) => {
      const first = r.tempFiles[0]
      if (first) chosen({ path: first.path, name: first.name })
    },
    fail: () => undefined,
  })
  // #endif
  // #ifdef H5
  uni.chooseFile({
    count: 1,
    extension: ['.xlsx', '.xls', '.csv'],
    success: (r) => {
      const path = [r.tempFilePaths].flat()[0]
      const first = [r.tempFiles].flat()[0] as { name?: string } | undefined
      if (path) chosen({ path, name: first?.name ?? '' })
    },
    fail: () => undefined,
  })
  // #endif
}

/** Sends a file with the name the person knows it by. Rejects only when there was no answer at all. */
export async function sendFile(path: string, file: ChosenFile, header: Record<string, string>): Promise<UploadAnswer> {
  return await new Promise((resolve, reject) => {
    uni.uploadFile({
      url: `${apiBase()}${path}`,
      filePath: file.path,
      name: 'file',
      formData: { name: file.name },
      header,
      timeout: 90_000,
      success: (r) => resolve({ status: r.statusCode, body: parsed(r.data) }),
      fail: (e) => reject(new Error(e.errMsg)),
    })
  })
}

/**
 * Fetches a workbook, a PDF or an archive, by the end of its name, and hands it to the person: the browser keeps it as a download, WeChat opens it with its menu to
 * send it on; an archive, which WeChat cannot open, goes to a chat that the person chooses. Rejects only when there was no answer at all, or the phone cannot show it.
 */
export async function fetchDocument(path: string, name: string, header: Record<string, string>): Promise<UploadAnswer> {
  // #ifdef H5
  const answer = await fetch(`${apiBase()}${path}`, { headers: header })
  if (!answer.ok) return { status: answer.status, body: parsed(await answer.text()) }
  const address = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
  return { status: answer.status, body: undefined }
  // #endif
  // #ifndef H5
  return await new Promise<UploadAnswer>((resolve, reject) => {
    uni.downloadFile({
      url: `${apiBase()}${path}`,
      header,
      filePath: `${wx.env.USER_DATA_PATH}/${name}`,
      timeout: 120_000,
      success: (r) => {
        const local = (r as { filePath?: string }).filePath ?? r.tempFilePath
        if (r.statusCode !== 200) return refusedDocument(local, r.statusCode, resolve) // why is in what was fetched
        if (name.endsWith('.zip'))
          return wx.shareFileMessage({ filePath: local, fileName: name, success: () => resolve({ status: 200, body: undefined }), fail: (e) => reject(new Error(e.errMsg)) })
        uni.openDocument({
          filePath: local,
          fileType: name.endsWith('.pdf') ? 'pdf' : 'xlsx',
          showMenu: true,
          success: () => resolve({ status: 200, body: undefined }),
          fail: (e) => reject(new Error(e.errMsg)),
        })
      },
      fail: (e) => reject(new Error(e.errMsg)),
    })
  })
  // #endif
}

// #ifndef H5
function refusedDocument(filePath: string, status: number, resolve: (answer: UploadAnswer) => void): void {
  uni.getFileSystemManager().readFile({ filePath, encoding: 'utf8', success: (r) => resolve({ status, body: parsed(r.data) }), fail: () => resolve({ status, body: undefined }) })
}
// #endif

/** Hands the person a PDF that came as base64: the browser keeps it as a download, WeChat opens it. False when the phone could not. */
export async function keepPdf(base64: string, name: string): Promise<boolean> {
  // #ifdef H5
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/pdf' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  return true
  // #endif
  // #ifndef H5
  return await new Promise<boolean>((resolve) => {
    const filePath = `${wx.env.USER_DATA_PATH}/${name}`
    uni.getFileSystemManager().writeFile({
      filePath,
      data: base64,
      encoding: 'base64',
      success: () => uni.openDocument({ filePath, fileType: 'pdf', showMenu: true, success: () => resolve(true), fail: () => resolve(false) }),
      fail: () => resolve(false),
    })
  })
  // #endif
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
