// Of Node only what our stories use: they drive programs beside the browser.
declare module 'node:child_process' {
  export interface ChildProcess {
    exitCode: number | null
    kill: (signal?: string) => boolean
    once: (event: 'exit', listener: () => void) => unknown
  }
  interface Options {
    cwd?: string
    env?: Record<string, string | undefined>
    stdio?: 'ignore'
  }
  export function execFileSync(file: string, args: string[], options: Options & { encoding: 'utf8' }): string
  export function execFileSync(file: string, args: string[], options?: Options): unknown
  export function spawn(file: string, args: string[], options?: Options): ChildProcess
}
declare module 'node:fs' {
  export function existsSync(path: string): boolean
  export function mkdtempSync(prefix: string): string
  export function readFileSync(path: string, encoding: 'utf8'): string
  export function rmSync(path: string, options: { recursive: boolean; force: boolean }): void
}
declare module 'node:net' {
  interface Server {
    listen: (port: number, host: string, listening: () => void) => Server
    address: () => { port: number } | string | null
    close: (closed: () => void) => void
  }
  export function createServer(): Server
}
declare module 'node:os' {
  export function tmpdir(): string
}
declare module 'node:path' {
  export function join(...parts: string[]): string
}
declare const process: { env: Record<string, string | undefined> }
