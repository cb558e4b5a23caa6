import { defineStore } from 'pinia'
import { ref } from 'vue'
import { get, post } from '@/api/request'
import { randomKey } from '@/platform/random'
import { keepsChoice, requestSubscribe, type PromptTemplate } from '@/platform/subscribe'

/** A tap at which a prompt may open. matter: opening what waits, and "提醒我". */
export type Moment = 'booking' | 'report' | 'matter' | 'workbench'

/** How many consents one tap of a working person adds when WeChat does not ask each time. */
export const topUp = 5

/** Away for so long, the app is opened anew when it comes back. */
const newVisitAfter = 30 * 60_000

/** So long nobody is asked again after a prompt, unless by a tap that asks for it. */
const restAfterPrompt = 60_000

/** Consents to WeChat messages: one accepted prompt allows one message of that template. The server says which are worth asking for. */
export const usePrompts = defineStore('prompts', () => {
  // One opening of the app: what was refused in it is not asked for again.
  let visit = randomKey()
  let hiddenAt = 0
  let shownAt = 0
  let openedOnce = false
  let refused = false
  let asking = false
  const templates = ref<Partial<Record<Moment, PromptTemplate[]>>>({})
  /** Whether WeChat keeps the person's choice for what would be asked at this moment: asking is silent. */
  const silent = ref<Partial<Record<Moment, boolean>>>({})
  /** What this visit topped up without a question, not used yet. */
  const quiet = ref<Moment[]>([])
  /** WeChat's main switch is off: the sheet that says how to turn it on. */
  const off = ref(false)
  let toldOff = false
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

  /** The app is opened: what may be topped up without a question is, at the first tap. works: the person has a workbench. */
  async function open(works: boolean): Promise<void> {
    const moments: Moment[] = works ? ['matter', 'workbench'] : ['matter']
    await Promise.all(moments.map(prepare))
    quiet.value = moments.filter((m) => silent.value[m] && has(m))
  }

  /** The app comes to the front, or goes away. Coming back after long is a new visit: says so. */
  function shown(): boolean {
    const away = hiddenAt ? Date.now() - hiddenAt : 0
    hiddenAt = 0
    if (away < newVisitAfter) return false
    visit = randomKey()
    openedOnce = refused = toldOff = false
    return true
  }
  const hidden = () => void (hiddenAt = Date.now())

  /** From any tap: WeChat lets nothing be asked for without one, though it opens nothing. */
  function tapped(): void {
    const [moment, ...rest] = quiet.value
    if (!moment || asking) return
    quiet.value = rest
    if (moment === 'workbench') void askMany(moment).then(() => (templates.value[moment] = []))
    else void ask(moment)
  }

  /** From the tap that opens a matter that waits: asks once in a visit, never soon after another prompt, never after a no. What it says is over when the prompt is; nothing when it asks nothing. */
  function opening(waits: boolean): Promise<unknown> | undefined {
    if (!waits || openedOnce || refused || asking || !has('matter') || silent.value.matter || Date.now() - shownAt < restAfterPrompt) return
    openedOnce = true
    return ask('matter')
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
    if (asked.length === 0) return false
    asking = true
    shownAt = Date.now()
    const { answers, off: isOff } = await requestSubscribe(asked, show).finally(() => (asking = false))
    if (isOff && !toldOff) off.value = toldOff = true
    if (Object.keys(answers).length === 0) return false
    const accepted = Object.values(answers).includes('accept')
    refused ||= !accepted
    // The id makes a second report of the same prompt count once.
    await post('/me/prompts', { promptId: randomKey(), visit, results: answers }).catch(() => undefined)
    return accepted
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

  /** The person asked for it by name: the way to turn WeChat's switch on is shown again. */
  function willing() {
    toldOff = false
  }

  return { sheet, silent, off, prepare, open, shown, hidden, tapped, opening, ask, askMany, answer, has, willing }
})
