// The API's shapes as the contract has them, until schema.d.ts is generated; then each becomes an alias of its schema.

export type Tone = 'waiting' | 'done' | 'late' | 'told'
export type Role = 'resident' | 'deputy' | 'liaison' | 'community' | 'staff' | 'department' | 'admin' | 'auditor'
export type Home = 'resident' | 'deputy' | 'staff' | 'department' | 'admin'
export type Need = 'reason' | 'note' | 'offer' | 'outcome' | 'department' | 'photos' | 'stars' | 'days'

export interface List<T> {
  items: T[]
  next: string
}

export interface RoleHeld {
  role: Role
  roleName: string
  scopeId: string
  scopeName: string
}

export interface Me {
  id: string
  name: string
  roles: RoleHeld[]
  unread: number
  home: Home
}

export interface Login {
  token: string
  me: Me
}

export interface Device {
  id: string
  device: string
  createdAt: string
  seenAt: string
  current: boolean
}

export interface Invite {
  code: string
  role: Role
  scopeId: string
  expiresAt: string
}

export interface Person {
  id: string
  name: string
  roles: RoleHeld[]
}

export interface Station {
  id: string
  parentId: string
  kind: 'central' | 'enterprise' | 'community' | 'branch'
  kindName: string
  name: string
  address: string
  hours: string
  phone: string
  lat: number
  lng: number
  rooms: { id: string; name: string }[]
}

export interface NeedWord {
  word: string
  speciality: string
}

export interface Slot {
  start: string
  end: string
  service: string
  serviceName: string
  stationId: string
  stationName: string
  roomName: string
  free: boolean
}

export interface Day {
  date: string
  label: string
  note: string
  free: number
  slots: Slot[]
}

export interface Service {
  code: string
  name: string
}

export interface Deputy {
  id: string
  name: string
  level: string
  levelName: string
  constituency: string
  title: string
  bio: string
  photoId: string
  stationId: string
  stationName: string
  specialities: string[]
  services: Service[]
  reason: string
  earliest: Slot | null
}

export interface Category {
  id: string
  name: string
  hint: string
  urgent: boolean
}

export interface Named {
  id: string
  name: string
}

export interface Department extends Named {
  duty: string
}

export interface Action {
  command: string
  label: string
  primary: boolean
  danger: boolean
  needs: Need[]
  confirm: string
}

/** What a person sends back when they choose an action. */
export interface Command {
  command: string
  reason?: string
  note?: string
  start?: string
  departmentId?: string
  days?: number
  outcome?: string
  photoIds?: string[]
  stars?: number
  text?: string
}

export interface Photo {
  id: string
  width: number
  height: number
}

export interface MatterEvent {
  id: string
  at: string
  who: string
  text: string
  note: string
  photos: Photo[]
}

export interface Booking {
  id: string
  number: string
  state: string
  stateName: string
  tone: Tone
  deputy: { id: string; name: string; levelName: string; photoId: string }
  resident: { name: string } | null
  stationId: string
  stationName: string
  stationAddress: string
  roomName: string
  service: string
  serviceName: string
  topic: string
  note: string
  start: string
  end: string
  timeText: string
  offer: { start: string; end: string; timeText: string } | null
  next: string
  reason: string
  record: string
  stars: number
  ratingText: string
  createdAt: string
  actions: Action[]
  events?: MatterEvent[]
}

export interface NewBooking {
  deputyId: string
  start: string
  service: string
  topic: string
  note: string
}

export interface Place {
  communityId: string
  communityName?: string
  text: string
  lat?: number
  lng?: number
}

export interface Report {
  id: string
  number: string
  state: string
  stateName: string
  tone: Tone
  supervised: boolean
  category: Named
  body: string
  place: Place
  photos: Photo[]
  department: Named | null
  outcome: string
  outcomeName: string
  outcomeText: string
  dueAt: string | null
  dueText: string
  light: 'green' | 'amber' | 'red' | ''
  next: string
  reopenedCount: number
  stars: number
  ratingText: string
  createdAt: string
  reporter: { name: string } | null
  mine: boolean
  actions: Action[]
  events?: MatterEvent[]
}

export interface NewReport {
  categoryId: string
  body: string
  place: Place
  photoIds: string[]
  deputyId?: string
}

export interface Matter {
  kind: 'booking' | 'report'
  id: string
  number: string
  title: string
  stateName: string
  tone: Tone
  next: string
  at: string
}

export interface HomePage {
  matters: Matter[]
  unread: number
  tips: string[]
}

export interface Notice {
  id: string
  title: string
  body: string
  page: string
  matterKind: string
  matterId: string
  at: string
  read: boolean
}

export interface Notices extends List<Notice> {
  unread: number
}

export interface Desk {
  bookingsWaiting: number
  reportsWaiting: number
  overdue: number
  arrivalsToday: number
}

export interface DeputyToday {
  waiting: number
  today: Booking[]
  week: number
}

export interface Environment {
  development: boolean
  simulator: boolean
  name: string
}

/** A problem as the server words it (RFC 9457). */
export interface Problem {
  status?: number
  detail?: string
  code?: string
  requestId?: string
  fields?: { path: string; message: string }[]
  alternatives?: Slot[]
}
