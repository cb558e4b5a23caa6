import { origin } from './address'
import { person } from './person'
import { storage } from './storage'

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
  askInApp: (templates: PromptTemplate[]) => Promise<{ accept: boolean; keep: boolean }>,
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
  const accept = await choice(templates, askInApp)
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

/** Whether asking for these opens nothing, because the person chose "总是保持以上选择" and said yes to all of them. */
export async function keepsChoice(templates: PromptTemplate[]): Promise<boolean> {
  if (templates.length === 0) return false
  // #ifdef MP-WEIXIN
  return await new Promise((resolve) => {
    uni.getSetting({
      withSubscriptions: true,
      success: (r) => {
        const set = (r as { subscriptionsSetting?: { mainSwitch?: boolean; itemSettings?: Record<string, unknown> } }).subscriptionsSetting
        resolve(set?.mainSwitch === true && templates.every((t) => set.itemSettings?.[t.id] === 'accept'))
      },
      fail: () => resolve(false),
    })
  })
  // #endif
  // #ifdef H5
  const kept = storage.get<string[]>(keptKey) ?? []
  return templates.every((t) => kept.includes(t.id))
  // #endif
}

// #ifdef H5
const keptKey = 'prompts-kept'

/** The browser's stand-in keeps a choice as WeChat does: a yes that is kept is not asked again. */
async function choice(templates: PromptTemplate[], askInApp: (templates: PromptTemplate[]) => Promise<{ accept: boolean; keep: boolean }>): Promise<boolean> {
  if (await keepsChoice(templates)) return true
  const { accept, keep } = await askInApp(templates)
  if (accept && keep) storage.set(keptKey, [...(storage.get<string[]>(keptKey) ?? []), ...templates.map((t) => t.id)])
  return accept
}
// #endif

const known = new Set<unknown>(['accept', 'reject', 'ban', 'filter'])

function answersIn(answer: Record<string, unknown>, templates: PromptTemplate[]): Record<string, PromptAnswer> {
  const answers: Record<string, PromptAnswer> = {}
  for (const t of templates) if (known.has(answer[t.id])) answers[t.id] = answer[t.id] as PromptAnswer
  return answers
}
