import { defineConfig, type Plugin } from 'vite'
import uniModule from '@dcloudio/vite-plugin-uni'

// With "type": "module" the plugin's CommonJS default export arrives wrapped.
const uni = (uniModule as unknown as { default?: typeof uniModule }).default ?? uniModule

// uni-app's browser runtime points at its maker's CDN (shadow images, an error page). Nothing here may leave the machine.
const outside = /url\((["']?)https?:\/\/[^)]*?\1\)/g
const withoutOutsideAddresses: Plugin = {
  name: 'without-outside-addresses',
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'asset' && file.fileName.endsWith('.css')) file.source = String(file.source).replace(outside, 'none')
      if (file.type === 'chunk') file.code = file.code.replace(/https?:\/\/[\w.-]*dcloud[\w.-]*\/[^"'`\s)]*/g, 'about:blank')
    }
  },
}

export default defineConfig({
  plugins: [uni(), withoutOutsideAddresses],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': 'http://127.0.0.1:8080', '/sim': 'http://127.0.0.1:8080' } },
  css: { preprocessorOptions: { scss: { silenceDeprecations: ['legacy-js-api'] } } },
})
