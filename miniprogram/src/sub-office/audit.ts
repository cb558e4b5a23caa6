const words: Record<string, string> = {
  old: '原来',
  new: '改成',
  name: '名称',
  role: '角色',
  scope: '范围编号',
  department: '承办单位编号',
  rule: '接待时间编号',
  exception: '请假编号',
  kind: '种类',
  word: '词',
  day: '日期',
  reason: '原因',
  state: '状态',
  label: '微信的判断',
  found: '找到的人',
  moved: '改了时间的预约',
  talks: '讲座',
  times: '次数',
  most: '最多',
  sealed: '重新加密的份数',
}

/** What an audit entry holds besides its sentence, a line each. The states it went between are in the sentence already. */
export function detailsOf(detail: string): string[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(detail)
  } catch {
    return detail ? [detail] : []
  }
  if (!parsed || typeof parsed !== 'object') return []
  return Object.entries(parsed)
    .filter(([key, value]) => !['from', 'to'].includes(key) && value !== null && value !== '' && !(key === 'department' && value === 0))
    .map(([key, value]) => `${words[key] ?? key}：${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
}
