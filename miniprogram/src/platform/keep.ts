import { person } from './person'
import { randomKey } from './random'

// Photos that must outlive the page: what the person chose and the server has not taken yet. The browser keeps them in IndexedDB,
// WeChat as saved files. A phone without room keeps nothing and says so with ''; nothing here throws.

/** Keeps a local photo on this phone and gives what it is found by later; '' when it could not be kept. */
export async function keepPhoto(local: string): Promise<string> {
  try {
    // #ifdef H5
    const blob = await (await fetch(local)).blob()
    const ref = `${person()}/${randomKey()}`
    await inStore('readwrite', (s) => s.put(blob, ref))
    return ref
    // #endif
    // #ifndef H5
    return await new Promise<string>((resolve) =>
      uni.getFileSystemManager().saveFile({ tempFilePath: local, success: (r) => resolve(r.savedFilePath), fail: () => resolve('') }),
    )
    // #endif
  } catch {
    return ''
  }
}

/** A local address of a kept photo; '' when it is gone. */
export async function keptPhoto(ref: string): Promise<string> {
  if (!ref) return ''
  try {
    // #ifdef H5
    const blob = await inStore<Blob | undefined>('readonly', (s) => s.get(ref))
    return blob ? URL.createObjectURL(blob) : ''
    // #endif
    // #ifndef H5
    return await new Promise<string>((resolve) => uni.getFileSystemManager().access({ path: ref, success: () => resolve(ref), fail: () => resolve('') }))
    // #endif
  } catch {
    return ''
  }
}

/** Deletes every photo that this person keeps on this phone except those. */
export async function keepOnly(refs: string[]): Promise<void> {
  try {
    // #ifdef H5
    const all = await inStore<IDBValidKey[]>('readonly', (s) => s.getAllKeys())
    const gone = all.map(String).filter((k) => k.startsWith(`${person()}/`) && !refs.includes(k))
    for (const key of gone) await inStore('readwrite', (s) => s.delete(key))
    // #endif
    // #ifndef H5
    uni.getFileSystemManager().getSavedFileList({
      success: (r) => {
        for (const f of r.fileList) if (!refs.includes(f.filePath)) uni.getFileSystemManager().removeSavedFile({ filePath: f.filePath })
      },
    })
    // #endif
  } catch {
    // They are deleted another time.
  }
}

// #ifdef H5
const store = 'photos'

async function inStore<T>(mode: IDBTransactionMode, ask: (s: IDBObjectStore) => IDBRequest): Promise<T> {
  const db = await answered<IDBDatabase>(opened())
  try {
    return await answered<T>(ask(db.transaction(store, mode).objectStore(store)))
  } finally {
    db.close()
  }
}

function opened(): IDBOpenDBRequest {
  const request = indexedDB.open('warmcabin', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(store)
  return request
}

const answered = <T>(request: IDBRequest): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T)
    request.onerror = () => reject(new Error(String(request.error)))
  })
// #endif
