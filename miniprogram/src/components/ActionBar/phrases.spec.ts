import { expect, it } from 'vitest'
import { phrases } from './phrases'

it('begins reasons that the server takes', () => {
  for (const [command, list] of Object.entries(phrases))
    for (const p of list) expect([...p.id].length, `${command} ${p.name}`).toBeLessThanOrEqual(200)
})

it('says where to go when a matter is before a court, in arbitration or under review', () => {
  for (const word of ['诉讼', '仲裁', '行政复议']) expect(phrases.reject?.some((p) => p.id.includes(word) && p.id.includes('请您')), word).toBe(true)
})
