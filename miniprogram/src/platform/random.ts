/** 128 random bits in hex, for an Idempotency-Key: it must not repeat; it is no secret. */
export function randomKey(): string {
  const bytes = new Uint8Array(16)
  const source = typeof crypto === 'undefined' ? undefined : crypto
  // WeChat's own runtime has no crypto object.
  if (source?.getRandomValues) source.getRandomValues(bytes)
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(Math.random() * 256)
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
