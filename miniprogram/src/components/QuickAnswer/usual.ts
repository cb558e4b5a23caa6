import type { Action, Command } from '@/api/types'

/** How long an answer may be taken back, in milliseconds. */
export const holdFor = 10_000

/** The usual answer to a row: the one thing to tap that asks for nothing more. */
export const usualOf = (actions: Action[]): Action | undefined => actions.find((a) => a.primary && a.needs.length === 0 && !a.confirm && !a.danger)

/**
 * The action that a command carries out when it may be held back: one without words of its own. What asked for a second thought
 * first (选民未到) is among them: it is told to somebody, and a thumb slips there, too.
 */
export const heldOf = (actions: Action[], command: Command): Action | undefined =>
  Object.keys(command).every((k) => k === 'command' || k === 'seen') ? actions.find((a) => a.command === command.command && a.needs.length === 0) : undefined

// What is said of somebody is written down; nobody makes it come true in some seconds.
const deeds: Record<string, string> = { resident_absent: '记为选民未到', deputy_absent: '记为代表未到' }

/** What happens when the time to take it back is over: "3 秒后接受". */
export const deedOf = (action: Action): string => deeds[action.command] ?? action.label

/** How far a finger must go to the left, and how little up or down, to mean it. */
export const swiped = (dx: number, dy: number): boolean => dx <= -72 && Math.abs(dy) < 40
