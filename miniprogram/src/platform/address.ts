/** The server's origin: "" in the browser, which the server itself serves; in WeChat it is set at build time. */
export function origin(): string {
  // #ifdef H5
  return ''
  // #endif
  // #ifndef H5
  return import.meta.env.VITE_API_BASE ?? 'http://127.0.0.1:8080'
  // #endif
}

/** Where the API begins. */
export const apiBase = () => `${origin()}/api/v1`
