/** The first six digits of what was typed or pasted, full-width ones too. */
export function digitsOf(text: string): string {
  return text
    .replace(/[０-９]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0))
    .replace(/\D/g, '')
    .slice(0, 6)
}

/** A secret as people read it aloud: groups of four. */
export const inFours = (text: string) => text.match(/.{1,4}/g)?.join(' ') ?? ''
