import type { Category } from '@/api/types'

/** Where a form keeps an answer. */
export const answerKey = (categoryId: number, questionId: number) => `${categoryId}-${questionId}`

interface Asked {
  categoryId: number
  answers: Record<string, string>
}

/** The answers of the chosen category, as the server takes them. */
export function answersOf(form: Asked, category: Category | undefined): { questionId: number; answer: string }[] {
  return (category?.questions ?? [])
    .map((q) => ({ questionId: q.id, answer: (form.answers[answerKey(form.categoryId, q.id)] ?? '').trim() }))
    .filter((a) => a.answer)
}

/** What the chosen category asks and was not told, by field. */
export function unanswered(form: Asked, category: Category | undefined): Record<string, string> {
  const faults: Record<string, string> = {}
  const given = answersOf(form, category)
  for (const q of category?.questions ?? []) {
    if (q.required && !given.some((a) => a.questionId === q.id)) faults[`answers.${q.id}`] = q.kind === 'text' ? '请写一句。' : '请选一个。'
  }
  return faults
}
