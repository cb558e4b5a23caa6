import type { RosterField } from '@/api/types'

export type Kind = 'station' | 'department' | 'community' | 'deputy' | 'liaison'

/** What can be written by hand, in the order in which it is set up. */
export const kinds: { id: Kind; name: string; why: string }[] = [
  { id: 'station', name: '联络站', why: '预约、反映都要落到一个站。' },
  { id: 'department', name: '承办单位', why: '反映要交办给一个单位。' },
  { id: 'community', name: '社区', why: '居民反映时选社区，事情才到得了该管的站。' },
  { id: 'deputy', name: '代表', why: '居民预约的就是他们。' },
  { id: 'liaison', name: '联络员', why: '他们替居民反映、到现场核实。' },
]

/** The values of a field where several may be chosen. */
export const several = (value: string): string[] => value.split('、').filter(Boolean)

/** The value after one of several was tapped, in the order of the choices. */
export function toggled(field: RosterField, value: string, choice: string): string {
  const has = new Set(several(value))
  if (!has.delete(choice)) has.add(choice)
  return field.choices.filter((c) => has.has(c)).join('、')
}

/** What is wrong with each field of a form, by its place. */
export function lacksOf(fields: Record<string, string>): Record<number, string> {
  const out: Record<number, string> = {}
  for (const [path, message] of Object.entries(fields)) {
    const at = /^values\[(\d+)\]$/.exec(path)
    if (at) out[Number(at[1])] = message
  }
  return out
}
