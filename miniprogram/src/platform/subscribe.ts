import { origin } from './address'
import { person } from './person'
import { storage } from './storage'

export type PromptAnswer = 'accept' | 'reject' | 'ban' | 'filter'
export interface PromptTemplate {
  id: string
  title: string
}

/** What came of asking. off: WeChat's main switch 接收通知 is off, so that nothing can be asked. */
export interface PromptResult {
  answers: Record<string, PromptAnswer>
  off: boolean
}

// WeChat's errCode of the main switch.
const switchedOff = 20004

/**
 * Asks whether WeChat may send these messages. Call it straight from a tap: WeChat refuses it otherwise.
 * askInApp draws the browser's stand-in for WeChat's own sheet; WeChat never calls it.
 * Answers per template id; none when the platform could not ask.
 */
export async function requestSubscribe(
  templates: PromptTemplate[],
  askInApp: (templates: PromptTemplate[]) => Promise<{ accept: boolean; keep: boolean }>,
): Promise<PromptResult> {
  if (templates.length === 0) return { answers: {}, off: false }
  // #ifdef MP-WEIXIN
  return await new Promise((resolve) => {
    uni.requestSubscribeMessage({
      tmplIds: templates.map((t) => t.id),
      success: (r) => resolve({ answers: answersIn(r as unknown as Record<string, unknown>, templates), off: false }),
      fail: (e) => resolve({ answers: {}, off: (e as { errCode?: number }).errCode === switchedOff }),
    })
  })
  // #endif
  // #ifdef H5
  const silent = await keepsChoice(templates)
  // As in WeChat, what cannot be asked opens nothing.
  if (!silent && (await switchIsOff())) return { answers: {}, off: true }
  const accept = silent || (await choice(templates, askInApp))
  return await new Promise((resolve) => {
    uni.request({
      url: `${origin()}/sim/people/${person()}/prompts`,
      method: 'POST',
      data: { template_ids: templates.map((t) => t.id), accept, silent },
      timeout: 10_000,
      success: (r) => {
        const said = r.data as { results?: Record<string, unknown>; errCode?: number } | null
        resolve({ answers: answersIn(said?.results ?? {}, templates), off: said?.errCode === switchedOff })
      },
      fail: () => resolve({ answers: {}, off: false }),
    })
  })
  // #endif
}

/** Where the person can turn WeChat's messages on again; call it from a tap. Says whether it could be opened. */
export async function openSubscribeSetting(): Promise<boolean> {
  // #ifdef MP-WEIXIN
  return await new Promise((resolve) => {
    uni.openSetting({ withSubscriptions: true, success: () => resolve(true), fail: () => resolve(false) })
  })
  // #endif
  // #ifdef H5
  return await new Promise((resolve) => {
    uni.request({
      url: `${origin()}/sim/people/${person()}/ways`,
      method: 'PUT',
      data: { main_switch: true },
      success: (r) => resolve(r.statusCode === 200),
      fail: () => resolve(false),
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
  const { accept, keep } = await askInApp(templates)
  if (accept && keep) storage.set(keptKey, [...(storage.get<string[]>(keptKey) ?? []), ...templates.map((t) => t.id)])
  return accept
}

/** The simulator's main switch of this person. */
async function switchIsOff(): Promise<boolean> {
  return await new Promise((resolve) => {
    uni.request({
      url: `${origin()}/sim/people/${person()}/credits`,
      timeout: 5_000,
      success: (r) => resolve((r.data as { main_switch?: boolean } | null)?.main_switch === false),
      fail: () => resolve(false),
    })
  })
}
// #endif

const known = new Set<unknown>(['accept', 'reject', 'ban', 'filter'])

function answersIn(answer: Record<string, unknown>, templates: PromptTemplate[]): Record<string, PromptAnswer> {
  const answers: Record<string, PromptAnswer> = {}
  for (const t of templates) if (known.has(answer[t.id])) answers[t.id] = answer[t.id] as PromptAnswer
  return answers
}
