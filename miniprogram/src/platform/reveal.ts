import { getCurrentInstance, nextTick, type ComponentInternalInstance } from 'vue'

// What went wrong must be seen: it is scrolled into view where it stands, in the open sheet or on the page.

/** From where to where something reaches, in pixels of the window. */
export interface Span {
  top: number
  bottom: number
}
type Show = (part: Span) => void

/** What is left free below: the button to tap next stands there. */
const room = 96
/** What stays above what was wrong further up: the field that it is about. */
const field = 120

/** How far to scroll so that the part is seen with the button below it; its beginning is never scrolled away for that. 0 when it is seen. */
export function scrollFor(part: Span, view: Span): number {
  if (part.top < view.top) return part.top - view.top - field
  return Math.max(0, Math.min(part.bottom + room - view.bottom, part.top - view.top))
}

/** Of all that asks in one moment, the topmost is shown. */
export function topmost(show: Show): Show {
  let first: Span | undefined
  return (part) => {
    if (!first)
      setTimeout(() => {
        const shown = first
        first = undefined
        if (shown) show(shown)
      }, 30)
    if (!first || part.top < first.top) first = part
  }
}

/** Where the part of this component that the selector names stands now. */
export async function spanOf(self: ComponentInternalInstance | null, selector: string): Promise<Span | undefined> {
  await nextTick()
  return await new Promise((resolve) => {
    uni
      .createSelectorQuery()
      .in(self?.proxy)
      .select(selector)
      .boundingClientRect((r) => resolve((r as Span | null) ?? undefined))
      .exec()
  })
}

const sheets: Show[] = []

/** An open sheet scrolls by itself; the function that comes back says that it is closed. */
export function revealsInside(show: Show): () => void {
  const shown = topmost(show)
  sheets.push(shown)
  return () => void sheets.splice(sheets.indexOf(shown), 1)
}

const onPage = topmost((part) => {
  const { windowTop = 0, windowHeight } = uni.getWindowInfo()
  const by = scrollFor(part, { top: windowTop, bottom: windowTop + windowHeight })
  if (!by) return
  uni
    .createSelectorQuery()
    .selectViewport()
    .scrollOffset((at) => uni.pageScrollTo({ scrollTop: ((at as { scrollTop?: number } | null)?.scrollTop ?? 0) + by, duration: 160, fail: () => undefined }))
    .exec()
})

/** Brings a part of the calling component into view; with `sheetOnly` nothing is done on a page. */
export function useReveal(selector: string, sheetOnly = false): () => Promise<void> {
  const self = getCurrentInstance()
  return async () => {
    const show = sheets.at(-1) ?? (sheetOnly ? undefined : onPage)
    const part = show && (await spanOf(self, selector))
    if (part) show?.(part)
  }
}
