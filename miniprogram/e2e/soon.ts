import { api, expect, type Phone } from './phone'

export interface Deputy {
  id: number
  name: string
  stationId: number
  services: { code: string }[]
}

export interface Slot {
  start: string
  end: string
  free: boolean
  service: string
}

/** Stations receive from 6:00 to 22:00. */
export const stationsOpen = () => {
  const hour = (new Date().getUTCHours() + 8) % 24
  return hour >= 6 && hour < 21
}

/** The account in whose hands a demo deputy's phone is. */
export const accountOf = ({ id }: Deputy) => (id === 1 ? 'deputy' : `deputy-${String(id).padStart(2, '0')}`)

/** The next quarter of an hour that is at least so many minutes away, and the end of the half hour that begins there. */
function soon(minutes: number) {
  const quarter = 15 * 60_000
  const from = Math.ceil((Date.now() + minutes * 60_000) / quarter) * quarter
  return { from: new Date(from).toISOString(), to: new Date(from + 2 * quarter).toISOString() }
}

/** The first of these deputies who can receive within the hour and in at least so many minutes: the desk adds hours for one who has none then. */
export async function receivesSoon(staff: Phone, deputies: Deputy[], minutes = 1): Promise<{ deputy: Deputy; slot: Slot } | undefined> {
  const stations = await api<{ items: { id: number; rooms: { id: number }[] }[] }>(staff, 'staff', 'GET', '/stations')
  const { from, to } = soon(minutes)
  staff.expectProblem(422)
  for (const deputy of deputies) {
    const near = async () => {
      const { days } = (await api<{ days: { slots: Slot[] }[] }>(staff, 'staff', 'GET', `/deputies/${deputy.id}/slots?days=1&desk=true`)).body
      return days[0]?.slots.filter((s) => Date.parse(s.start) >= Date.parse(from) && s.service === 'talk_one' && Date.parse(s.start) - Date.now() < 50 * 60_000)
    }
    let slots = (await near()) ?? []
    if (slots.length === 0) {
      const roomId = stations.body.items.find((s) => s.id === deputy.stationId)?.rooms.at(-1)?.id
      const extra = { kind: 'extra', from, to, stationId: deputy.stationId, roomId, service: 'talk_one', slotMinutes: 30, reason: '加开一次' }
      if ((await api(staff, 'staff', 'POST', `/deputies/${deputy.id}/exceptions`, extra)).status !== 201) continue
      await expect.poll(async () => (slots = (await near()) ?? []).length).toBeGreaterThan(0) // what changed shows within a second
    }
    const slot = slots.find((s) => s.free)
    if (slot) return { deputy, slot }
  }
  return undefined
}
