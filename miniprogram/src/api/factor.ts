/** Asks the person for their second factor; true when the server took it. */
type Asker = () => Promise<boolean>

let asker: Asker | undefined
let underWay: Promise<boolean> | undefined

/** Says who asks. Once, by the store that draws the sheet. */
export function onFactorAsked(ask: Asker): void {
  asker = ask
}

/** Several requests that were refused at once share one question. */
export async function askFactor(): Promise<boolean> {
  if (!asker) return false
  underWay ??= asker().finally(() => (underWay = undefined))
  return await underWay
}

/** Whether an answer says that a right is there and waits for the second factor. */
export function asksFactor(status: number, body: unknown): boolean {
  const code = (body as { code?: string } | undefined)?.code
  return status === 403 && (code === 'second_factor' || code === 'second_factor_unset')
}
