// Whose phone this is. In WeChat the phone has one owner. In the browser several phones may stand side by side on one
// origin (three iframes): `?phone=deputy` names the person the simulator logs in.

const nameRule = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** The person named in an address's query, or "resident" when none (or no sensible one) is named. */
export function personFrom(search: string): string {
  const named = new URLSearchParams(search).get('phone') ?? ''
  return nameRule.test(named) ? named : 'resident'
}

/** The simulator's name of this phone's owner; in WeChat always "me". */
export function person(): string {
  // #ifdef H5
  return personFrom(window.location.search)
  // #endif
  // #ifndef H5
  return 'me'
  // #endif
}
