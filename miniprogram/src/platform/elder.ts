/** Tells what stands outside our pages (the browser's tab bar) that the elder view is on. WeChat's own bar has one size. */
export function markElder(on: boolean): void {
  // #ifdef H5
  document.documentElement.classList.toggle('elder-view', on)
  // #endif
}
