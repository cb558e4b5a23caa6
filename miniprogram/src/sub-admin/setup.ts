import type { Setup, SetupStep } from '@/api/types'

/** A step's state as a mark and a word: never a colour alone. */
export const marks: Record<SetupStep['state'], { sign: string; word: string }> = {
  todo: { sign: '!', word: '要做' },
  advice: { sign: '…', word: '建议' },
  done: { sign: '✓', word: '好了' },
}

/** What is not done: what stops people from being served first. */
export function openSteps(steps: SetupStep[]): SetupStep[] {
  return [...steps.filter((s) => s.state === 'todo'), ...steps.filter((s) => s.state === 'advice')]
}

/** Where the setting up stands, in a sentence. */
export function summary({ todo, advice }: Setup): string {
  if (todo > 0) return `还有 ${todo} 步没有做，做完才能开始接待${advice > 0 ? `；另有 ${advice} 条建议` : ''}。`
  return advice > 0 ? `可以开始接待了。还有 ${advice} 条建议，有空时看看。` : '都准备好了，可以开始接待。'
}
