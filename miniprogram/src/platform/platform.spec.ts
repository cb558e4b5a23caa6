import { beforeEach, describe, expect, it } from 'vitest'
import { fakeUni } from '../../tests/fake-uni'
import { openPage } from './navigate'
import { personFrom } from './person'
import { storage } from './storage'

let phone: ReturnType<typeof fakeUni>
beforeEach(() => {
  phone = fakeUni()
  window.history.replaceState(null, '', '/')
})

const hold = (name: string) => window.history.replaceState(null, '', `/?phone=${name}#/pages/home/home`)

describe('person', () => {
  it.each([
    ['', 'resident'],
    ['?phone=deputy', 'deputy'],
    ['?phone=staff-2', 'staff-2'],
    ['?phone=../admin', 'resident'],
    ['?phone=', 'resident'],
  ])('%s is %s', (search, name) => expect(personFrom(search)).toBe(name))
})

describe('storage', () => {
  it('holds each phone of one origin apart', () => {
    storage.set('token', 'r')
    hold('deputy')
    expect(storage.get('token')).toBeUndefined()
    storage.set('token', 'd')
    hold('resident')
    expect(storage.get('token')).toBe('r')
    expect([...phone.kept.keys()]).toEqual(['warmcabin:resident:token', 'warmcabin:deputy:token'])
  })

  it('reads what is broken as empty and survives a full phone', () => {
    phone.kept.set('warmcabin:resident:x', '{not json')
    expect(storage.get('x')).toBeUndefined()
    phone.uni.setStorageSync = () => {
      throw new Error('quota')
    }
    expect(() => storage.set('y', 1)).not.toThrow()
  })
})

describe('openPage', () => {
  const opened: string[] = []
  beforeEach(() => {
    opened.length = 0
    const note = (how: string) => (o: { url: string }) => void opened.push(`${how} ${o.url}`)
    Object.assign(phone.uni, { switchTab: note('tab'), navigateTo: note('open'), redirectTo: note('replace') })
  })

  it('knows tab pages, and that WeChat keeps ten pages', () => {
    let depth = 1
    Object.assign(globalThis, { getCurrentPages: () => Array.from({ length: depth }) })
    openPage('/pages/deputy/list?x=1')
    openPage('/pages/booking/detail?id=1')
    depth = 10
    openPage('/pages/booking/detail?id=2')
    expect(opened).toEqual(['tab /pages/deputy/list', 'open /pages/booking/detail?id=1', 'replace /pages/booking/detail?id=2'])
  })
})
