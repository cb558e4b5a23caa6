import { origin } from './address'
import { person } from './person'

export type PromptAnswer = 'accept' | 'reject' | 'ban' | 'filter'
export interface PromptTemplate {
  id: string
  title: string
}

/**
 * Asks whether WeChat may send these messages. Call it straight from a tap: WeChat refuses it otherwise.
 * askInApp draws the browser's stand-in for WeChat's own sheet; WeChat never calls it.
 * Answers per template id; {} when the platform could not ask.
 */
export async function requestSubscribe(
  templates: PromptTemplate[],
  askInApp: (templates: PromptTemplate[]) => Promise<boolean>,
): Promise<Record<string, PromptAnswer>> {
  if (templates.length === 0) return {}
  // #ifdef MP-WEIXIN
  return await new Promise((resolve) => {
    uni.requestSubscribeMessage({
      tmplIds: templates.map((t) => t.id),
      success: (r) => resolve(answersIn(r as unknown as Record<string, unknown>, templates)),
      fail: () => resolve({}),
    })
  })
  // #endif
  // #ifdef H5
  const accept = await askInApp(templates)
  return await new Promise((resolve) => {
    uni.request({
      url: `${origin()}/sim/people/${person()}/prompts`,
      method: 'POST',
      data: { template_ids: templates.map((t) => t.id), accept },
      timeout: 10_000,
      success: (r) => resolve(answersIn((r.data as { results?: Record<string, unknown> } | null)?.results ?? {}, templates)),
      fail: () => resolve({}),
    })
  })
  // #endif
}

const known = new Set<unknown>(['accept', 'reject', 'ban', 'filter'])

function answersIn(answer: Record<string, unknown>, templates: PromptTemplate[]): Record<string, PromptAnswer> {
  const answers: Record<string, PromptAnswer> = {}
  for (const t of templates) if (known.has(answer[t.id])) answers[t.id] = answer[t.id] as PromptAnswer
  return answers
}
