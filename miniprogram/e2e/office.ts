import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from './phone'

const root = new URL('../../', import.meta.url).pathname
const database = 'warmcabin_first_day'

/** A product of this story’s own, on an empty database beside that of the other stories. */
export interface Office {
  url: string
  /** Runs a command of the product, as the one who installs it does, and returns what it printed. */
  command: (...args: string[]) => string
  stop: () => Promise<void>
  start: () => Promise<void>
  /** The machine is gone: database, sessions and photos. */
  wipe: () => void
  folder: string
}

/** Where the stories’ database and Redis are: said by whoever started this, or by `make run` beside it. */
function stores(): { dsn: string; redis: string } {
  const given = (name: string, text: string) => process.env[name] ?? new RegExp(`${name}='([^']*)'`).exec(text)?.[1] ?? ''
  let text = ''
  try {
    text = readFileSync(join(root, '.run/env'), 'utf8')
  } catch {
    // Then the environment has it.
  }
  const found = { dsn: given('WARMCABIN_MYSQL_DSN', text), redis: given('WARMCABIN_REDIS_ADDR', text) }
  if (!found.dsn || !found.redis) throw new Error('this story wants a database and a Redis: start it by make e2e, or beside make run')
  return found
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const at = s.address()
      s.close(() => resolve(typeof at === 'object' && at ? at.port : 0))
    })
  })
}

export const test = base.extend<{ office: Office }>({
  office: async ({ browserName }, use) => {
    const { dsn, redis } = stores()
    const [, user = '', host = '', port = ''] = /^([^@]*)@tcp\(([^:]+):(\d+)\)\//.exec(dsn) ?? []
    const folder = mkdtempSync(join(tmpdir(), `first-day-${browserName}-`))
    const listen = await freePort()
    const url = `http://127.0.0.1:${listen}`
    const media = join(folder, 'media')
    const env = {
      ...process.env, WARMCABIN_MYSQL_DSN: dsn.replace(/\)\/[^?]*/, `)/${database}`), WARMCABIN_REDIS_ADDR: redis, WARMCABIN_REDIS_DB: '9',
      WARMCABIN_PORT: String(listen), WARMCABIN_METRICS_ADDR: '127.0.0.1:0', WARMCABIN_MEDIA_DIR: media,
    }
    const command = (...args: string[]) => {
      const split = args[0] === 'config' ? 2 : 1
      return execFileSync(join(root, '.run/warmcabin'), [...args.slice(0, split), '-config', 'configs/config.dev.yaml', ...args.slice(split)], { cwd: root, env, encoding: 'utf8' })
    }
    const wipe = () => {
      execFileSync('mariadb', ['--no-defaults', '-h', host, '-P', port, '-u', user.split(':')[0] ?? '', ...(user.includes(':') ? [`-p${user.split(':')[1]}`] : []), '-e', `DROP DATABASE IF EXISTS ${database}`])
      const [redisHost = '', redisPort = ''] = redis.split(':')
      execFileSync('redis-cli', ['-h', redisHost, '-p', redisPort, '-n', '9', 'FLUSHDB'], { stdio: 'ignore' })
      rmSync(media, { recursive: true, force: true })
    }
    let server: ChildProcess | undefined
    const stop = async () => {
      const ending = server
      server = undefined
      if (!ending || ending.exitCode !== null) return
      const gone = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      ending.kill('SIGTERM')
      await gone
    }
    const start = async () => {
      server = spawn(join(root, '.run/warmcabin'), ['serve', '-config', 'configs/config.dev.yaml'], { cwd: root, env, stdio: 'ignore' })
      for (let tries = 0; ; tries++) {
        if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return
        if (tries > 300 || server.exitCode !== null) throw new Error('the server of the empty office does not start')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    wipe()
    command('migrate')
    await start()
    await use({ url, command, stop, start, wipe, folder })
    await stop()
    wipe()
    rmSync(folder, { recursive: true, force: true })
  },
  baseURL: async ({ office }, use) => await use(office.url),
})
