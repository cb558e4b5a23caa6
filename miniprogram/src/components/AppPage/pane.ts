import { inject, type InjectionKey, type Ref } from 'vue'
import { matterPage } from '@/components/MatterCard/matter'
import { openPage } from '@/platform/navigate'

/** What a desktop can show beside a list. */
export interface Besides {
  kind: 'report' | 'booking'
  id: number
}

interface Pane {
  chosen: Ref<Besides | undefined>
}

/** Given by an AppPage with `panes`, in the browser. */
export const paneKey: InjectionKey<Pane> = Symbol('pane')

/** Where a list and a matter have room beside each other: the width at which AppPage's styles make two panes. */
const fitsTwo = () => typeof window !== 'undefined' && window.matchMedia('(min-width: 1024px)').matches

/** How a row opens its matter: beside its list where there is room, else on a page of its own. Call it in the setup of a component inside the page. */
export function useBesides() {
  const pane = inject(paneKey, undefined)
  return {
    isOpen: (m: { kind: string; id: number }) => pane?.chosen.value?.kind === m.kind && pane.chosen.value.id === m.id,
    open(m: { kind: string; id: number }) {
      const { kind, id } = m
      if (pane && (kind === 'report' || kind === 'booking') && fitsTwo()) pane.chosen.value = { kind, id }
      else openPage(matterPage(m))
    },
  }
}
