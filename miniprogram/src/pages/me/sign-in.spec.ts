import { describe, expect, it } from 'vitest'
import { afterSignIn } from '@/platform/navigate'
import { desktopKey } from './sign-in'

describe('a desktop’s code', () => {
  it('says its key, encoded or not', () => {
    expect(desktopKey('q=AbCdEfGhIjKlMnOpQrSt-_')).toBe('AbCdEfGhIjKlMnOpQrSt-_')
    expect(desktopKey('q%3DAbCdEfGhIjKlMnOpQrSt-_')).toBe('AbCdEfGhIjKlMnOpQrSt-_')
  })
  it('is no other code', () => {
    for (const scene of [undefined, '', 'q=', 's=1', 'q=short', 'q=AbCdEfGhIjKlMnOpQrSt-_x', '%E0%A4%A']) expect(desktopKey(scene)).toBe('')
  })
})

describe('after signing in', () => {
  it('goes back to a page of ours, else to the workbench', () => {
    expect(afterSignIn('/sub-records/statistics?from=2026-01-01', '/sub-staff/desk')).toBe('/sub-records/statistics?from=2026-01-01')
    for (const back of ['', '/pages/home/home', '/pages/me/sign-in?back=%2F', 'https://elsewhere.example', '//elsewhere.example/x', 'javascript:alert(1)', '/api/v1/me'])
      expect(afterSignIn(back, '/sub-staff/desk')).toBe('/sub-staff/desk')
  })
})
