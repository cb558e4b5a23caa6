import { defineConfig } from '@playwright/test'

// Stories on phone-sized Chromium against the real server at WARMCABIN_URL (the browser build it serves, its simulator, its demo people).
export default defineConfig({
  testDir: 'e2e',
  // Stories share one server's data and two cores: one after another.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // A story takes seconds; a machine that is busy with something else may take its time.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.WARMCABIN_URL ?? 'http://127.0.0.1:8080',
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [{ name: 'phone', use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } }],
})
