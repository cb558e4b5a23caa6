import qrcode from 'qrcode-generator'

/** What the desk's scanner reads of a check-in code. */
export const codeText = (code: string) => `WARMCABIN:${code}`

/** A QR code of the text as an image's address: black on white with its quiet zone, whatever the theme. */
export function qrImage(text: string): string {
  const qr = qrcode(0, 'M')
  qr.addData(text)
  qr.make()
  return qr.createDataURL(8, 32)
}
