import { get } from '@/api/request'
import type { List, QuickText } from '@/api/types'

/** Sentences that the office keeps for answering reports, by command, each with blanks to fill. Asked for once; without the network there are none. */
let kept: Promise<QuickText[]> | undefined

export function quickTexts(command: string): Promise<{ id: string; name: string }[]> {
  kept ??= get<List<QuickText>>('/quick-texts').then(
    (l) => l.items,
    () => {
      kept = undefined
      return []
    },
  )
  return kept.then((all) => all.filter((q) => q.command === command).map((q) => ({ id: q.text, name: q.label })))
}

/** The commands that the office answers people with. */
export const answering = ['return', 'reject', 'ask', 'answer', 'progress', 'resolve', 'send_back', 'ask_time']
