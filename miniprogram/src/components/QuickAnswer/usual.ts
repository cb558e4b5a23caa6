import type { Action, Command } from '@/api/types'

/** How long an answer may be taken back, in milliseconds. */
export const holdFor = 10_000

/** The usual answer to a row: the one thing to tap that asks for nothing more. */
export const usualOf = (actions: Action[]): Action | undefined => actions.find((a) => a.primary && a.needs.length === 0 && !a.confirm && !a.danger)

/** Whether a command is the usual answer, and may be held back. */
export const isUsual = (actions: Action[], command: Command): boolean => usualOf(actions)?.command === command.command && Object.keys(command).every((k) => k === 'command' || k === 'seen')

/** How far a finger must go to the left, and how little up or down, to mean it. */
export const swiped = (dx: number, dy: number): boolean => dx <= -72 && Math.abs(dy) < 40
