// @vitest-environment node
import { decrypt, getSignature } from '@wecom/crypto'
import { expect, it } from 'vitest'
import vectors from '../../server/wechat/testdata/push.json'

// The server's own tests open the same file: two implementations agree on what WeChat pushes.
it.each(vectors)('@wecom/crypto reads and signs vector $nonce as the server does', ({ timestamp, nonce, encrypt, signature, plain }) => {
  expect(getSignature('AAAAA', timestamp, nonce, encrypt)).toBe(signature)
  const opened = decrypt('A'.repeat(43), encrypt)
  expect(opened.message).toBe(plain)
  expect(opened.id).toBe('wxba5fad812f8e6fb9')
})
