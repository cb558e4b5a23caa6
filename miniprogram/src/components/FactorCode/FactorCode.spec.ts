import { describe, expect, it } from 'vitest'
import { digitsOf, inFours } from './digits'

describe('a code as it is typed', () => {
  it.each([
    ['123456', '123456'],
    ['123 456', '123456'],
    ['１２３４５６', '123456'],
    ['验证码 123456，请勿外传', '123456'],
    ['1234567890', '123456'],
    ['abc', ''],
  ])('%s', (typed, code) => expect(digitsOf(typed)).toBe(code))
  it('is read in fours', () => expect(inFours('ABCDEFGHIJ')).toBe('ABCD EFGH IJ'))
})
