const tappable = '[role=button], [role=link], [role=radio], [role=tab]'

/**
 * Makes what can be tapped reachable by Tab and pressable by Enter or Space, in the browser. WeChat does this itself.
 * Buttons and fields of uni-app that already take the focus keep theirs.
 */
export function pressByKeys(): void {
  // #ifdef H5
  const reach = () => document.querySelectorAll<HTMLElement>(tappable).forEach((e) => e.hasAttribute('tabindex') || e.setAttribute('tabindex', '0'))
  new MutationObserver(reach).observe(document.body, { childList: true, subtree: true })
  reach()
  document.addEventListener('keydown', (e) => {
    const at = e.target
    if ((e.key !== 'Enter' && e.key !== ' ') || !(at instanceof HTMLElement) || !at.matches(tappable)) return
    e.preventDefault()
    at.click()
  })
  // #endif
}
