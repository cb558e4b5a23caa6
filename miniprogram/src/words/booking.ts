import type { Booking, Wait } from '@/api/types'

/** How a booking stands, in a sentence for its resident. */
export function plainState(b: Booking): string {
  switch (b.state) {
    case 'requested':
      if (b.displaced) return '代表这个时间有事，联络站正在给您另约'
      return b.waiting === 'staff' ? '代表还没有答复，联络站正在跟进' : `已经告诉${b.deputy.name}代表，等答复`
    case 'countered':
      return '换个时间可以吗？'
    case 'confirmed':
      return b.displaced ? '代表这个时间有事，联络站正在给您另约' : '约好了'
    case 'checked_in':
      return '您已经签到'
    case 'completed':
      return b.stars ? '谈完了，谢谢您的评价' : '谈完了'
    case 'declined':
      return '这一次没能约上'
    case 'cancelled':
      return '这次预约取消了'
    case 'expired':
      return '一直没有等到答复，很抱歉'
    case 'no_show':
      return b.absentSide === 'deputy' ? '代表没有到，很抱歉' : '这次记录为您没有到'
  }
}

/** What became of the objection of who was marked absent; "" when there is none. */
export function objectionWords(b: Booking): string {
  if (b.objection === 'pending') return '您的异议已经收到，联络站正在核实。'
  if (b.objection === 'upheld') return '联络站核实后维持了记录。'
  return ''
}

/** Whether it is over without a meeting: then the resident may want to begin again. */
export const fellThrough = (b: Booking) => ['declined', 'cancelled', 'expired'].includes(b.state) || (b.state === 'no_show' && b.absentSide === 'deputy')

/** How a place in the line stands, in a sentence. */
export function plainWait(w: Wait): string {
  switch (w.state) {
    case 'waiting':
      return w.ahead > 0 ? `前面还有 ${w.ahead} 位` : '您排在第一位'
    case 'offered':
      return '有位子了，给您留着'
    case 'taken':
      return '位子是您的了'
    case 'left':
      return '您已经不排了'
    case 'lapsed':
      return '这一次没有排到'
  }
}

/** "123 456": digits as one reads them aloud. */
export const grouped = (code: string) => code.replace(/(\d{3})(?=\d)/g, '$1 ')
