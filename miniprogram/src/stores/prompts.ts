import { defineStore } from 'pinia'
import { ref } from 'vue'
import { get, post } from '@/api/request'
import { requestSubscribe, type PromptTemplate } from '@/platform/subscribe'

export type Moment = 'booking' | 'report' | 'workbench'

/** Consents to WeChat messages: one accepted prompt allows one message of that template. */
export const usePrompts = defineStore('prompts', () => {
  const templates = ref<Partial<Record<Moment, PromptTemplate[]>>>({})
  /** The sheet to draw in the browser, in place of WeChat's own. */
  const sheet = ref<PromptTemplate[]>()
  let answerSheet: ((accept: boolean) => void) | undefined

  /** Fetches what to ask at this moment. Call it when the page opens: the tap itself must not wait for the network. */
  async function prepare(moment: Moment): Promise<void> {
    try {
      templates.value[moment] = (await get<{ templates: PromptTemplate[] }>(`/me/prompts?moment=${moment}`)).templates
    } catch {
      templates.value[moment] = []
    }
  }

  /** Asks, straight from a tap. Never fails: a message that may not be sent is no reason to stop what the person is doing. */
  async function ask(moment: Moment): Promise<void> {
    const asked = templates.value[moment] ?? []
    const results = await requestSubscribe(asked, show)
    if (Object.keys(results).length === 0) return
    await post('/me/prompts', { results }).catch(() => undefined)
  }

  /** Whether there is anything to ask at this moment. Known after prepare. */
  const has = (moment: Moment) => (templates.value[moment] ?? []).length > 0

  async function show(asked: PromptTemplate[]): Promise<boolean> {
    answerSheet?.(false)
    sheet.value = asked
    return await new Promise((resolve) => (answerSheet = resolve))
  }

  function answer(accept: boolean) {
    sheet.value = undefined
    answerSheet?.(accept)
    answerSheet = undefined
  }

  return { sheet, prepare, ask, answer, has }
})
