import { defineStore } from 'pinia'
import { ref } from 'vue'
import { get, post } from '@/api/request'
import { randomKey } from '@/platform/random'
import { keepsChoice, requestSubscribe, type PromptTemplate } from '@/platform/subscribe'

/** A tap at which a prompt may open. matter: opening what waits, and "提醒我". */
export type Moment = 'booking' | 'report' | 'matter' | 'workbench'

/** How many consents one tap of a working person adds when WeChat does not ask each time. */
export const topUp = 5

/** Consents to WeChat messages: one accepted prompt allows one message of that template. The server says which are worth asking for. */
export const usePrompts = defineStore('prompts', () => {
  // One opening of the app: what was refused in it is not asked for again.
  const visit = randomKey()
  const templates = ref<Partial<Record<Moment, PromptTemplate[]>>>({})
  /** Whether WeChat keeps the person's choice for what would be asked at this moment: asking is silent. */
  const silent = ref<Partial<Record<Moment, boolean>>>({})
  /** The sheet to draw in the browser, in place of WeChat's own. */
  const sheet = ref<PromptTemplate[]>()
  let answerSheet: ((answer: { accept: boolean; keep: boolean }) => void) | undefined

  /** Fetches what to ask at this moment. Call it when the page opens: the tap itself must not wait for the network. */
  async function prepare(moment: Moment): Promise<void> {
    try {
      const asked = (await get<{ templates: PromptTemplate[] }>(`/me/prompts?moment=${moment}&visit=${visit}`)).templates
      silent.value[moment] = await keepsChoice(asked)
      templates.value[moment] = asked
    } catch {
      templates.value[moment] = []
    }
  }

  /**
   * Asks, straight from a tap, and says how many times it was allowed. Never fails: a message that may not be sent is no reason to
   * stop what the person is doing. What was asked at this moment is not asked again before the next prepare.
   */
  async function ask(moment: Moment): Promise<number> {
    const asked = templates.value[moment] ?? []
    templates.value[moment] = []
    return (await once(asked)) ? 1 : 0
  }

  /** As ask, for working people: as many consents as one tap can give. A choice that WeChat keeps gives all of them without another question. */
  async function askMany(moment: Moment): Promise<number> {
    const asked = templates.value[moment] ?? []
    let times = 0
    while (times < topUp && (await once(asked))) {
      times++
      if (times === 1) silent.value[moment] = await keepsChoice(asked)
      if (!silent.value[moment]) break
    }
    return times
  }

  async function once(asked: PromptTemplate[]): Promise<boolean> {
    const results = await requestSubscribe(asked, show)
    if (Object.keys(results).length === 0) return false
    // The id makes a second report of the same prompt count once.
    await post('/me/prompts', { promptId: randomKey(), visit, results }).catch(() => undefined)
    return Object.values(results).includes('accept')
  }

  /** Whether there is anything to ask at this moment. Known after prepare. */
  const has = (moment: Moment) => (templates.value[moment] ?? []).length > 0

  async function show(asked: PromptTemplate[]): Promise<{ accept: boolean; keep: boolean }> {
    answerSheet?.({ accept: false, keep: false })
    sheet.value = asked
    return await new Promise((resolve) => (answerSheet = resolve))
  }

  function answer(accept: boolean, keep = false) {
    sheet.value = undefined
    answerSheet?.({ accept, keep })
    answerSheet = undefined
  }

  return { sheet, silent, prepare, ask, askMany, answer, has }
})
