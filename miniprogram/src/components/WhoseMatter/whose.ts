import { ref, type Ref } from 'vue'
import { ApiError, asApiError } from '@/api/error'
import { post } from '@/api/request'

/**
 * Who it is: somebody of this phone's by their id, `another` with the same phone, `fresh`, nobody knows this phone yet, or `unasked`,
 * nobody could be asked: the server compares when it is sent.
 */
export type Who = number | 'another' | 'fresh' | 'unasked'

/** Whom a matter is written down for. It holds a name and a phone, so it is not kept on the phone as it is typed. */
export interface Whose {
  phone: string
  who: Who | undefined
  name: string
  /** They said yes to the words that were read to them. */
  consent: boolean
}

export const emptyWhose = (): Whose => ({ phone: '', who: undefined, name: '', consent: false })

export type WhosePart = 'phone' | 'who' | 'name'

/** What is missing of who it is, in the order of the form. */
export function lacksOf(w: Whose): Partial<Record<WhosePart, string>> {
  const lacks: Partial<Record<WhosePart, string>> = {}
  if (!w.phone.trim()) lacks.phone = '请填写电话号码。'
  else if (w.who === undefined) lacks.who = '请先查一下这个电话，看看是不是登记过。'
  if (w.who !== undefined && typeof w.who !== 'number' && !w.name.trim()) lacks.name = '请问一下怎么称呼。'
  return lacks
}

export const noConsent = (whom: string) => `请把这段话读给${whom}听，对方同意了再勾上。`

/** As the server takes it. */
export const whoseBody = (w: Whose) => ({ phone: w.phone.trim(), name: w.name.trim(), residentId: typeof w.who === 'number' ? w.who : 0, another: w.who === 'another', consent: w.consent })

/** Whether a phone is typed to its end, so that it can be asked for at once: a mobile has eleven digits. */
export const wholeMobile = (phone: string) => /^1\d{10}$/.test(phone.replace(/[\s-]/g, ''))

interface Answer {
  items: { id: number; name: string }[]
  consent: string
}

/** Asks at `path` who is known by the phone that is typed into the form. `unasked` is what to go on with when nobody answers, if one may. */
export function useKnown<T extends Answer>(path: string, form: Ref<Whose>, unasked: () => T | undefined = () => undefined) {
  const known = ref() as Ref<T | undefined>
  const error = ref<ApiError>()
  let asked = ''

  /** At every change of the phone: what was found belongs to another one. */
  function typed() {
    if (form.value.phone === asked) return
    known.value = undefined
    form.value.who = undefined
    error.value = undefined
    if (wholeMobile(form.value.phone)) void look()
  }

  async function look(): Promise<void> {
    const mine = (asked = form.value.phone)
    error.value = mine.trim() ? undefined : new ApiError('invalid', '请填写电话号码。', 422, { phone: '请填写电话号码。' })
    if (error.value) return
    try {
      const answer = await post<T>(path, { phone: mine })
      if (mine !== asked) return // typed on meanwhile
      known.value = answer
      form.value.who = answer.items.length ? undefined : 'fresh'
    } catch (e) {
      if (mine !== asked) return
      error.value = asApiError(e)
      const instead = error.value.unanswered ? unasked() : undefined
      if (!instead) return
      error.value = undefined
      known.value = instead
      form.value.who = 'unasked'
    }
  }

  function forget() {
    known.value = undefined
    error.value = undefined
    asked = ''
  }

  return { known, error, typed, look, forget }
}
