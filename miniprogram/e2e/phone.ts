import { test as base, expect, type Locator, type Page } from '@playwright/test'

/** One person's phone. */
export interface Phone {
  page: Page
  /** Opens a page of ours by its address, e.g. "/pages/home/home". */
  open: (address: string) => Promise<void>
  /** A problem answer that the story expects: the browser reports each as a console error. */
  expectProblem: (status: number) => void
}

/**
 * `phone(name)` is a fresh phone in that person's hands. A story fails when any phone asks anything outside the machine, throws,
 * or writes an error to its console.
 */
export const test = base.extend<{ phone: (name: string) => Promise<Phone> }>({
  phone: async ({ browser, baseURL }, use) => {
    const faults: string[] = []
    const contexts: { close: () => Promise<void> }[] = []
    const host = new URL(baseURL ?? '').host

    await use(async (name) => {
      const context = await browser.newContext()
      contexts.push(context)
      const page = await context.newPage()
      const expected = new Set<number>()
      page.on('request', (r) => {
        const url = new URL(r.url())
        if (!['data:', 'blob:'].includes(url.protocol) && url.host !== host) faults.push(`${name}: asked ${r.url()}`)
      })
      page.on('pageerror', (e) => faults.push(`${name}: ${e.message}`))
      page.on('console', (m) => {
        const status = Number(/status of (\d+)/.exec(m.text())?.[1] ?? 0)
        if (m.type() === 'error' && !expected.has(status)) faults.push(`${name}: console: ${m.text()} ${m.location().url}`)
      })
      return {
        page,
        open: async (address) => {
          await page.goto(`/?phone=${name}#${address}`)
          await page.waitForLoadState('networkidle')
        },
        expectProblem: (status) => void expected.add(status),
      }
    })

    for (const c of contexts) await c.close()
    expect(faults).toEqual([])
  },
})

export const button = ({ page }: Phone, name: string | RegExp) => page.getByRole('button', { name, exact: true }).locator('visible=true')
export const field = ({ page }: Phone, name: string) => page.getByLabel(name, { exact: true }).last().locator('input, textarea').last()

/** Taps until the answer is there: for half a second after a tap our buttons take no other, and a machine is faster than that. */
export async function tapUntil(tapped: Locator, answer: Locator) {
  await expect(async () => {
    if (await answer.count()) return
    await tapped.click({ timeout: 1000 })
    await expect(answer.first()).toBeVisible({ timeout: 1500 })
  }).toPass({ timeout: 10_000 })
}

/** What WeChat shows in this person’s notification list, newest first. */
export async function notified({ page }: Phone, name: string) {
  const answer = await page.request.get(`/sim/people/${name}/messages`)
  return ((await answer.json()) as { messages: { title: string; page: string }[] }).messages
}

/** Asks the API as the person on this phone. */
export async function api<T>({ page }: Phone, name: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  return await page.evaluate(
    async ([who, how, where, what]) => {
      const kept = Object.keys(localStorage).find((k) => k.endsWith(`warmcabin:${who}:token`)) ?? ''
      const raw = JSON.parse(localStorage.getItem(kept) ?? '""') as string | { data: string }
      const token = JSON.parse(typeof raw === 'string' ? `"${raw}"` : raw.data) as string
      const answer = await fetch(`/api/v1${where}`, {
        method: how,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
        body: what === undefined ? undefined : JSON.stringify(what),
      })
      return { status: answer.status, body: (await answer.json()) as never }
    },
    [name, method, path, body] as const,
  )
}

export { expect }
