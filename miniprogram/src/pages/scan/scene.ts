/** What a mini-program code opens. */
export interface Opened {
  kind: 'deputy' | 'station' | 'report' | 'booking'
  id: number
}

// As on the server (cabin.Scene). Codes are printed: a key never changes its meaning.
const kinds: Record<string, Opened['kind']> = { d: 'deputy', s: 'station', r: 'report', b: 'booking' }

/** What a code's scene names, as WeChat hands it over (encoded once). Undefined for what no code of ours says. */
export function opened(scene: string | undefined): Opened | undefined {
  let text: string
  try {
    text = decodeURIComponent(scene ?? '')
  } catch {
    return undefined
  }
  const found = /^([a-z])=([1-9]\d{0,14})$/.exec(text)
  const kind = found?.[1] && kinds[found[1]]
  return kind ? { kind, id: Number(found?.[2]) } : undefined
}
