import { nextTick } from 'vue'

const tabs = ['/pages/home/home', '/pages/deputy/list', '/pages/report/form', '/pages/inbox/inbox', '/pages/me/me']

/** Where a person's work begins, by Me.home. A resident's is the home page. */
export const workbenches: Record<string, string> = {
  deputy: '/sub-deputy/today',
  staff: '/sub-staff/desk',
  department: '/sub-office/department',
  community: '/sub-office/community',
  liaison: '/sub-office/community',
  auditor: '/sub-office/audit',
  admin: '/sub-office/admin',
}

/** Opens a page of ours by its address, whether it stands in the tab bar or not. Tab pages take no query: leave what they need in a store. */
export function openPage(address: string): void {
  const path = address.split('?')[0] ?? ''
  if (tabs.includes(path)) uni.switchTab({ url: path })
  // WeChat keeps ten pages open; from then on the top one is replaced.
  else if (getCurrentPages().length >= 10) uni.redirectTo({ url: address })
  else uni.navigateTo({ url: address })
}

/** Fetches the code of a page that may be opened when there is no network. In WeChat it is in the package. */
export function preload(address: string): void {
  // #ifdef H5
  uni.preloadPage({ url: address, fail: () => undefined })
  // #endif
}

/** Replaces this page, so that going back does not return to a form that was sent. */
export function replacePage(address: string): void {
  uni.redirectTo({ url: address })
}

/** On a desktop: the page with the code, which leads back here. What everybody may read stays open. */
export function openSignIn(): void {
  // #ifdef H5
  const here = window.location.hash.slice(1)
  if (/^\/(pages\/me\/sign-in|sub-public\/)/.test(here)) return
  const back = here.length > 1 ? `?back=${encodeURIComponent(here)}` : ''
  // A page that goes away before it stands leaves the next one broken.
  const go = () => void (getCurrentPages().length ? uni.reLaunch({ url: `/pages/me/sign-in${back}` }) : setTimeout(go, 50))
  go()
  // #endif
}

/** Where a person goes who was let in: back to the page that they wanted, if it is one of ours. */
export function afterSignIn(back: string, workbench = '/pages/me/me'): string {
  return /^\/(pages|sub-[a-z]+)\/[\w/-]+(\?[\w=&%.-]*)?$/.test(back) && !/^\/pages\/(me\/sign-in|home\/home)/.test(back) ? back : workbench
}

/** Back to where the person came from, or home when this page was opened directly. */
export function goBack(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else uni.switchTab({ url: '/pages/home/home' })
}

/** Scrolls the page to the part with this id once it is drawn: what went wrong must not stand below the fold. */
export async function scrollToPart(id: string): Promise<void> {
  await nextTick()
  uni.pageScrollTo({ selector: `#${id}`, offsetTop: -60, duration: 160, fail: () => undefined } as UniApp.PageScrollToOptions)
}
