import type { Action, Command, Need } from '@/api/types'
import { runes } from '@/pages/report/check'
import { wordNames } from './phrases'

/** What a person has filled in for an action so far. */
export interface Filled {
  reason: string
  note: string
  outcome: NonNullable<Command['outcome']>
  departmentId: number
  days: number
  stars: number
  text: string
  photoIds: string[]
  beforeIds: string[]
  afterIds: string[]
  building: string
  where: string
  helperIds: number[]
  categoryId: number
  intoId: number
}

export const emptyFill = (): Filled => ({ reason: '', note: '', outcome: '', departmentId: 0, days: 0, stars: 0, text: '', photoIds: [], beforeIds: [], afterIds: [], building: '', where: '', helperIds: [], categoryId: 0, intoId: 0 })

export const outcomes: { id: Filled['outcome']; name: string }[] = [
  { id: 'fixed', name: '已解决' },
  { id: 'partly', name: '部分解决' },
  { id: 'planned', name: '列入计划' },
  { id: 'explained', name: '解释说明' },
  { id: 'neighbours', name: '群众自治解决' },
  { id: 'not_ours', name: '不属职责' },
]

/** How long each may be, in characters as a person sees them; the server holds the same. */
const longest = { reason: 200, note: 1000, text: 1000 }

/** What is pasted is never cut off unseen: it stays, and the person is told by how much it is too long. */
function overlong(text: string, most: number): string {
  const length = runes(text.trim())
  return length > most ? `最多 ${most} 个字，现在有 ${length} 个，请去掉 ${length - most} 个。` : ''
}

/** Asks for days more, which "the category's own" does not answer. */
export const longer = (action: Action) => action.command === 'ask_time' || action.command === 'extend'

/** What is still missing or too much, by need; a person reads it below the field. `unsent` are photos that did not go through, `refused` those of them that never will. */
export function missing(action: Action, f: Filled, unsent = 0, refused = 0): Partial<Record<Need, string>> {
  const found: Partial<Record<Need, string>> = {}
  const named = wordNames[action.command]?.replace(/^请对方/, '对方要')
  const lacks: Record<Need, string | false> = {
    reason: f.reason.trim().length < 2 && (named ? `请写${named}，对方会看到。` : '请写一句原因，对方会看到。'),
    stars: f.stars < 1 && '请点星星打分。',
    outcome: !f.outcome && '请选一个办理结果。',
    department: !f.departmentId && '请选承办单位。',
    // 0 working days: the category's own, which is no answer to how much more time.
    days: longer(action) && !f.days && '请选要延长几个工作日。',
    helpers: false,
    pair: false,
    where: !(f.building.trim() || f.where.trim()) && '请写清楚在哪里。',
    category: !f.categoryId && '请选类别。',
    report: !f.intoId && '请选并到哪一件。',
    // Another time, and a talk's time, place and seats, are asked on a page of their own.
    offer: false,
    time: false,
    place: false,
    seats: false,
    note: f.note.trim().length < 2 && (named ? `请写${named}。` : '请写几句话说明。'),
    photos: f.photoIds.length === 0 && '请拍一张现场照片。',
  }
  for (const need of action.needs) if (lacks[need]) found[need] = lacks[need] as string
  const blank = (text: string) => /〔[^〕]*〕?/.exec(text)?.[0]
  for (const need of ['reason', 'note'] as const) {
    const left = action.needs.includes(need) && blank(f[need])
    const over = action.needs.includes(need) && overlong(f[need], longest[need])
    if (over) found[need] = over
    if (left) found[need] = `请把“${left}”换成这件事的实际情况。`
  }
  const over = action.needs.includes('stars') && overlong(f.text, longest.text)
  if (over) found.stars = over
  // A photo that is shown here but was not sent would be missed by nobody but the person who took it.
  const at = action.takes.includes('pair') ? 'pair' : 'photos'
  if (refused) found[at] = `有 ${refused} 张照片不能用，请去掉。`
  else if (unsent) found[at] = `有 ${unsent} 张照片没有传上去，请点它重试，或者去掉。`
  return found
}

/** The command to send: only what the action asks for. */
export function commandOf(action: Action, f: Filled): Command {
  const c: Command = { command: action.command }
  const words = (s: string) => s.trim() || undefined
  const put: Record<Need, () => void> = {
    reason: () => (c.reason = words(f.reason)),
    note: () => (c.note = words(f.note)),
    offer: () => undefined,
    outcome: () => (c.outcome = f.outcome),
    department: () => (c.departmentId = f.departmentId),
    days: () => (c.days = f.days),
    helpers: () => (c.helperIds = f.helperIds.length ? f.helperIds : undefined),
    category: () => (c.categoryId = f.categoryId),
    report: () => (c.intoId = f.intoId),
    time: () => undefined,
    place: () => undefined,
    seats: () => undefined,
    photos: () => (c.photoIds = f.photoIds.length ? f.photoIds : undefined),
    pair: () => {
      c.beforeIds = f.beforeIds.length ? f.beforeIds : undefined
      c.afterIds = f.afterIds.length ? f.afterIds : undefined
    },
    where: () => {
      c.building = words(f.building)
      c.where = words(f.where)
    },
    stars: () => {
      c.stars = f.stars
      c.text = words(f.text)
    },
  }
  for (const need of [...action.needs, ...action.takes]) put[need]()
  return c
}
