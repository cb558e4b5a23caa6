import { get } from '@/api/request'
import type { Deputy, List, Named, Station } from '@/api/types'

export type WorkingRole = 'deputy' | 'staff' | 'department' | 'community' | 'liaison' | 'admin' | 'auditor'

export interface Scope {
  id: number
  name: string
  about: string
}

interface RoleChoice {
  id: WorkingRole
  name: string
  /** What the person will be able to do. */
  can: string
  /** The question that names the scope; none for a role without one. */
  which?: string
}

export const roles: RoleChoice[] = [
  { id: 'deputy', name: '人大代表', can: '答复预约、写服务记录、看选民向自己反映的事', which: '哪位代表' },
  { id: 'staff', name: '联络站工作人员', can: '受理、交办、签到，管理一个站的预约和反映', which: '哪个联络站' },
  { id: 'department', name: '承办单位', can: '接收交办、写进展、办结。看不到反映人是谁', which: '哪个单位' },
  { id: 'community', name: '社区', can: '受理本社区居民的反映，请反映人补充', which: '哪个社区' },
  { id: 'liaison', name: '社情民意联络员', can: '看本社区的反映，到现场核实', which: '哪个社区' },
  { id: 'admin', name: '人大工委', can: '发邀请码、收回身份、看各站的工作' },
  { id: 'auditor', name: '审计', can: '查看操作记录，不能改动' },
]

const plain = (n: Named): Scope => ({ id: n.id, name: n.name, about: n.duty ?? '' })

async function deputies(): Promise<Scope[]> {
  const found: Deputy[] = []
  let cursor = ''
  // A street has tens of deputies: every page, so that none is missing.
  do {
    const page = await get<List<Deputy>>(`/deputies?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { open: true })
    found.push(...page.items)
    cursor = page.next
  } while (cursor && found.length < 500)
  return found.map((d) => ({ id: d.id, name: d.name, about: [d.levelName, d.constituency].filter(Boolean).join(' · ') }))
}

async function stations(): Promise<Scope[]> {
  const all = (await get<List<Station>>('/stations', { open: true })).items
  return [{ id: 0, name: '所有联络站', about: '' }, ...all.map((s) => ({ id: s.id, name: s.name, about: s.kindName }))]
}

const lists: Partial<Record<WorkingRole, () => Promise<Scope[]>>> = {
  deputy: deputies,
  staff: stations,
  department: async () => (await get<List<Named>>('/departments')).items.map(plain),
  community: async () => (await get<List<Named>>('/communities', { open: true })).items.map(plain),
  liaison: async () => (await get<List<Named>>('/communities', { open: true })).items.map(plain),
}

/** What a grant of this role may be for; empty when it is for nothing in particular. Throws ApiError. */
export const scopesOf = async (role: WorkingRole): Promise<Scope[]> => (await lists[role]?.()) ?? []

/** Those whose name or place holds the words. */
export function matching(scopes: Scope[], words: string): Scope[] {
  const wanted = words.trim()
  return wanted ? scopes.filter((s) => s.name.includes(wanted) || s.about.includes(wanted)) : scopes
}
