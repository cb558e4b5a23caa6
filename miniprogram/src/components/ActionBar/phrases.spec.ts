import { expect, it } from 'vitest'
import { phrases } from './phrases'

it('begins reasons that the server takes', () => {
  for (const [command, list] of Object.entries(phrases))
    for (const p of list) expect([...p.id].length, `${command} ${p.name}`).toBeLessThanOrEqual(200)
})
