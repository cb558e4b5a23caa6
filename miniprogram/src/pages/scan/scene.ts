/** What a mini-program code opens: a thing by its number, or an invite by the secret that the code carries. */
export type Opened = { kind: 'deputy' | 'station' | 'report' | 'booking'; id: number } | { kind: 'invite'; code: string }

// As on the server (cabin.Scene). Codes are printed: a key never changes its meaning.
const things = { d: 'deputy', s: 'station', r: 'report', b: 'booking' } as const

/** What a code's scene names, as WeChat hands it over (encoded once). Undefined for what no code of ours says. */
export function opened(scene: string | undefined): Opened | undefined {
  let text: string
  try {
    text = decodeURIComponent(scene ?? '')
  } catch {
    return undefined
  }
  const thing = /^([dsrb])=([1-9]\d{0,14})$/.exec(text)
  if (thing) return { kind: things[thing[1] as keyof typeof things], id: Number(thing[2]) }
  const secret = /^i=([A-Za-z0-9_-]{8,30})$/.exec(text)
  return secret ? { kind: 'invite', code: secret[1] ?? '' } : undefined
}

/** The page that a code leads to; a station's is a tab, which takes no query. */
export const pageOf = (o: Exclude<Opened, { kind: 'station' }>): string => ('code' in o ? `/pages/me/${o.kind}?code=${o.code}` : `/pages/${o.kind}/detail?id=${o.id}`)
