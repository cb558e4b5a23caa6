/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the server is, for the WeChat build: "https://host". The browser build is served by it and needs none. */
  readonly VITE_API_BASE?: string
}

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}

/** WeChat's own object, in its build only: for what uni has no name for. */
declare const wx: {
  env: { USER_DATA_PATH: string }
  shareFileMessage: (o: { filePath: string; fileName: string; success: () => void; fail: (e: { errMsg: string }) => void }) => void
}
