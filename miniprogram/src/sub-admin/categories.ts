import type { CategoryForm, OfficeCategory, Question } from '@/api/types'

/** The server's limits of what a category asks. */
export const mostQuestions = 6
const mostOptions = 8

export const kinds: { id: Question['kind']; name: string }[] = [
  { id: 'text', name: '写一句' },
  { id: 'choice', name: '从几个里选' },
  { id: 'yes_no', name: '是或否' },
]

export const emptyForm = (): CategoryForm => ({ name: '', hint: '', departmentId: 0, days: 5, urgent: false, questions: [], closed: false, version: 0 })
export const newQuestion = (): Question => ({ id: 0, text: '', kind: 'text', required: false, options: [] })
export const formOf = (c: OfficeCategory): CategoryForm => ({
  name: c.name,
  hint: c.hint,
  departmentId: c.departmentId,
  days: c.days,
  urgent: c.urgent,
  questions: [],
  closed: c.closed,
  version: c.version,
})

/** What is sent: the questions with the options that their kind has. */
export const sent = (form: CategoryForm, questions: Question[]): CategoryForm => ({
  ...form,
  name: form.name.trim(),
  questions: questions.map((q) => ({ ...q, text: q.text.trim(), options: q.kind === 'choice' ? filled(q.options) : [] })),
})

const filled = (options: string[]) => options.map((o) => o.trim()).filter(Boolean)

/** The options as they are typed, one a line. The event is uni-app's own; TypeScript takes it for the browser's. */
export const optionsOf = (e: Event) => (e as unknown as { detail: { value: string } }).detail.value.split('\n')

/** What is to be mended before it can be saved, by the server's paths. */
export function faultsInCategory(form: CategoryForm, questions: Question[]): Record<string, string> {
  const faults: Record<string, string> = {}
  if (!form.name.trim()) faults.name = '请写类别的名称。'
  questions.forEach((q, i) => {
    const path = `questions.${i}`
    const options = filled(q.options)
    if (q.text.trim().length < 2) faults[path] = '请写问题，或者去掉它。'
    else if (q.kind === 'choice' && (options.length < 2 || options.length > mostOptions)) faults[path] = `请写 2 到 ${mostOptions} 个选项，一行一个。`
    else if (q.kind === 'choice' && new Set(options).size < options.length) faults[path] = '有两个选项一样。'
  })
  return faults
}
