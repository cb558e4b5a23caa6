// Draws the tab bar's icons (81 × 81 PNG, which is what WeChat asks for): node scripts/tab-icons.mjs
// No picture library: each icon is a set of strokes measured by distance, written as PNG with node's own zlib.
import fs from 'node:fs'
import zlib from 'node:zlib'

const size = 81
const folder = new URL('../src/static/tab/', import.meta.url)
const colours = { '': [0x6a, 0x60, 0x58], '-on': [0xa1, 0x4b, 0x12] }

const segment = (ax, ay, bx, by) => (x, y) => {
  const dx = bx - ax, dy = by - ay
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
const circle = (cx, cy, r) => (x, y) => Math.abs(Math.hypot(x - cx, y - cy) - r)
const arc = (cx, cy, r, from, to) => (x, y) => {
  const a = Math.atan2(y - cy, x - cx)
  const inside = from <= to ? a >= from && a <= to : a >= from || a <= to
  if (inside) return Math.abs(Math.hypot(x - cx, y - cy) - r)
  return Math.min(...[from, to].map((e) => Math.hypot(x - cx - r * Math.cos(e), y - cy - r * Math.sin(e))))
}
const path = (...points) => points.slice(1).map((p, i) => segment(...points[i], ...p))
const box = (l, t, r, b) => path([l, t], [r, t], [r, b], [l, b], [l, t])

const icons = {
  home: [...path([12, 40], [40.5, 14], [69, 40]), ...path([20, 34], [20, 67], [61, 67], [61, 34]), ...path([34, 67], [34, 49], [47, 49], [47, 67])],
  deputy: [circle(40.5, 28, 13), arc(40.5, 70, 25, -Math.PI, 0), segment(15.5, 68, 65.5, 68)],
  report: [...box(16, 14, 57, 67), segment(26, 30, 46, 30), segment(26, 42, 40, 42), ...path([68, 36], [46, 58], [43, 66])],
  inbox: [...box(13, 19, 68, 62), ...path([13, 22], [40.5, 44], [68, 22])],
  me: [circle(40.5, 40.5, 28), circle(30.5, 36, 1.5), circle(50.5, 36, 1.5), arc(40.5, 43, 12, 0.4, Math.PI - 0.4)],
}

const crcTable = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})
const crc = (bytes) => (bytes.reduce((c, b) => crcTable[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc(body), body.length + 4)
  return out
}

function png(strokes, [r, g, b]) {
  const rows = Buffer.alloc((size * 4 + 1) * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const near = Math.min(...strokes.map((s) => s(x + 0.5, y + 0.5)))
      const alpha = Math.max(0, Math.min(1, 2.6 - near + 0.5))
      rows.set([r, g, b, Math.round(alpha * 255)], y * (size * 4 + 1) + 1 + x * 4)
    }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', zlib.deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

fs.mkdirSync(folder, { recursive: true })
for (const [name, strokes] of Object.entries(icons))
  for (const [suffix, colour] of Object.entries(colours)) fs.writeFileSync(new URL(`${name}${suffix}.png`, folder), png(strokes, colour))
