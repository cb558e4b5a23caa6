import { describe, expect, it } from 'vitest'
import { opened } from './scene'

describe('opened', () => {
  it.each([
    ['d%3D12', { kind: 'deputy', id: 12 }],
    ['d=12', { kind: 'deputy', id: 12 }],
    ['s%3D3', { kind: 'station', id: 3 }],
    ['r=900', { kind: 'report', id: 900 }],
    ['b=1', { kind: 'booking', id: 1 }],
    ['i=AbCd_1234-x', { kind: 'invite', code: 'AbCd_1234-x' }],
  ])('%s', (scene, want) => expect(opened(scene)).toEqual(want))

  it.each([undefined, '', 'd', 'd=', 'd=0', 'd=-1', 'd=1.5', 'x=1', 'i=short', 'q=AbCd_1234-x', 'd=1&s=2', ' d=1', '%E0%A4%A', 'd=99999999999999999999', 'constructor=1'])('%s is none of ours', (scene) =>
    expect(opened(scene)).toBeUndefined(),
  )
})
