// Names for the API's shapes. schema.d.ts is generated from the server's own description (npm run openapi): nothing is written by hand
// but what the description leaves as plain text.
import type { components } from './schema'

type Schemas = components['schemas']

/** What an action asks for before it can be sent. */
export type Need = 'reason' | 'note' | 'offer' | 'outcome' | 'department' | 'photos' | 'stars' | 'days' | 'time' | 'place' | 'seats' | 'helpers' | 'report' | 'category' | 'pair' | 'where'

export interface List<T> {
  items: T[]
  next: string
}

export type Me = Schemas['Me']
export type Grant = Schemas['Grant']
export type Login = Schemas['LoginOut']
export type Device = Schemas['Session']
export type Agreement = Schemas['Agreement']
export type Agreements = Schemas['Agreements']
export type Factor = Schemas['Factor']
export type FactorSecret = Schemas['FactorSecret']
export type RecoveryCodes = Schemas['RecoveryCodes']
export type DesktopCode = Schemas['DesktopCode']
export type DesktopProgress = Schemas['DesktopProgress']
export type DesktopAsk = Schemas['DesktopAsk']
export type Invite = Schemas['Invite']
export type InvitePicture = Schemas['InvitePicture']
export type InviteSlips = Schemas['InviteSlips']
export type OpenInvite = Schemas['OpenInvite']
export type Worker = Schemas['Worker']
export type Person = Schemas['Person']
export type Post = Schemas['Post']
export type Posts = Schemas['Posts']
export type Setup = Schemas['Setup']
export type SetupStep = Schemas['SetupStep']
export type RosterList = Schemas['RosterList']
export type RosterForm = Schemas['RosterForm']
export type RosterField = Schemas['RosterField']
export type Environment = Schemas['Environment']

export type Station = Schemas['Station']
export type NeedWord = Schemas['Need']
export type Slot = Schemas['Slot']
export type Day = Schemas['Day']
export type Deputy = Schemas['Deputy']
export type DeputyFilters = Schemas['DeputyFilters']
export type Category = Schemas['Category']
export type Named = Schemas['Named']
export type Department = Named

export type Action = Omit<Schemas['Action'], 'needs' | 'takes'> & { needs: Need[]; takes: Need[] }
export type Tone = Schemas['Matter']['tone']
export type Photo = Schemas['Photo']
export type Joined = Schemas['Joined']
export type MatterEvent = Schemas['Event']
export type Matter = Schemas['Matter']
export type HomePage = Schemas['Home']
export type NotifySettings = Schemas['NotifySettings']
export type InboxMatter = Schemas['InboxMatter']
export type Inbox = List<InboxMatter> & { unread: number }

export type Booking = Omit<Schemas['Booking'], 'actions'> & { actions: Action[] }
export type NewBooking = Schemas['CreateBookingInBody']
export type Allowance = Schemas['Allowance']
/** A deputy's time that the reader has, or waits for. */
export type OwnTime = Schemas['OwnTime']
/** A place in the line for a full slot or talk. */
export type Wait = Omit<Schemas['Wait'], 'actions'> & { actions: Action[] }
export type NewWait = Schemas['JoinWaitInBody']
export type Talk = Omit<Schemas['Talk'], 'actions' | 'booking' | 'wait'> & { actions: Action[]; booking?: Booking; wait?: Wait }
type Acted<T extends { booking: unknown }> = Omit<T, 'booking'> & { booking: Booking }
/** A deputy's hours, exceptions and cap. */
export type Schedule = Omit<Schemas['Schedule'], 'outside'> & { outside: Booking[] }
export type WeeklyHours = Schemas['WeeklyHours']
export type ScheduleException = Schemas['ScheduleException']
export type HoursBody = Schemas['HoursBody']
export type Reoffered = Acted<Schemas['Reoffered']>
/** What lies in a leave, and what becomes of it. */
export type Affected = Omit<Schemas['Affected'], 'bookings'> & { bookings: Reoffered[] }
export type ExceptionAdded = { id: number; schedule: Schedule; affected: Affected }
export type WeekDay = Omit<Schemas['WeekDay'], 'bookings'> & { bookings: Booking[] }
export type FeedAddress = Schemas['FeedAddress']
export type Report = Omit<Schemas['Report'], 'actions'> & { actions: Action[] }
/** Advice before a report is submitted. */
export type Preflight = Schemas['Preflight']
export type PublicReport = Schemas['PublicReport']
export type ReceiptCheck = Schemas['ReceiptCheck']
export type NearReport = Schemas['Near']
export type QuickText = Schemas['QuickText']
/** What became of one report of a bulk dispatch. */
export type Dispatched = Schemas['Dispatched']
/** Somebody of the desk with what they see to. */
export type Colleague = Schemas['Colleague']
export type OfficeCategory = Schemas['OfficeCategory']
export type CategoryForm = Schemas['CategoryForm']
export type OfficeDepartment = Schemas['OfficeDepartment']
export type Question = Schemas['Question']
export type NewReport = Schemas['CreateReportInBody']
/** What a person sends when they choose an action. */
export type Command = Schemas['CommandBookingInBody'] & Schemas['CommandReportInBody']

/** What waits for the desk's look before it may be public. */
export type QueuedCheck = Schemas['QueuedCheck']
/** What of the reader's own is not public yet, and why. */
export type HeldBack = Schemas['HeldBack']
export type MyPhone = Schemas['MyPhone']

export type Preset = Schemas['Preset']
export type YearDay = Schemas['YearDay']
export type Year = Schemas['Year']
export type SavedDay = Schemas['SavedDay']
export type NeedOnHome = Schemas['NeedOnHome']
export type SpecialityWords = Schemas['SpecialityWords']
export type UnmetNeed = Schemas['UnmetNeed']
export type DeadPush = Schemas['DeadPush']
export type HeldPushes = Schemas['HeldPushes']
export type AuditEntry = Schemas['AuditEntry']
export type AuditKind = Schemas['AuditKind']

export type Desk = Schemas['Desk']
/** A day at a station, as its desk sees it. */
export type DeskDay = Omit<Schemas['DeskDay'], 'bookings'> & { bookings: Booking[] }
export type DayTalk = Schemas['DayTalk']
/** Somebody who is known by a phone; the name is masked. */
export type KnownResident = Schemas['KnownResident']
export type KnownResidents = Schemas['ResidentsOut']
export type NewWalkIn = Schemas['WalkInInBody']
export interface DeputyToday {
  waiting: Booking[]
  today: Booking[]
  upcoming: Booking[]
}

/** A problem as the server words it (RFC 9457). Any part may be missing when something before the server answered. */
export type Problem = Partial<Schemas['Problem']>
/** A workbook that the office brought: what it would do. */
export type Import = Schemas['Import']
export type ImportItem = Schemas['ImportItem']
/** A list that was asked for as a workbook. */
export type Export = Schemas['Export']
export type ExportBody = Schemas['ExportInBody']
export type Exports = Schemas['Exports']
/** How to reach a report's reporter, and who looked. */
export type ReportContact = Schemas['ReportContact']
export type ReportTie = Schemas['ReportTie']
export type ReportSubject = Schemas['ReportSubject']
export type DeskWorker = Schemas['DeskWorker']
export type KnownMatters = Omit<Schemas['KnownMatters'], 'reports' | 'bookings'> & { reports: Report[]; bookings: Booking[] }
export type ProxyResidents = Schemas['ProxyResidentsOut']
/** Who may be one person: written down without WeChat, and with it. */
export type Joinables = Schemas['LookToJoinOut']
export type NewJoin = Schemas['JoinAtDeskInBody']
export type NewProxyReport = Schemas['ProxyReportInBody']
/** What is kept of the person, and the archive of it. */
export type MyData = Schemas['MyData']
export type Archive = Schemas['Archive']
/** A line of the statistics. */
export type Counted = Schemas['Counted']
export type CountedDeputy = Schemas['CountedDeputy']
export type Statistics = Schemas['Statistics']
/** An entry of the visit log. */
export type Visit = Schemas['Visit']
export type LiaisonPlaces = Schemas['LiaisonPlaces']
export type Handover = Schemas['Handover']
export type LedgerRow = Schemas['LedgerRow']
/** What the desk's one box found. */
export type Found = Omit<Schemas['Found'], 'reports' | 'bookings'> & { reports: Report[]; bookings: Booking[] }
export type OfficeQuickText = Schemas['OfficeQuickText']
export type OfficeQuickTexts = Schemas['OfficeQuickTexts']
