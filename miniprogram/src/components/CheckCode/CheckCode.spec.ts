import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import CheckCode from './CheckCode.vue'
import { codeText, qrImage } from './qr'

it('shows the digits apart, reads them one by one, and draws them for the scanner', () => {
  const shown = mount(CheckCode, { props: { code: '042917' } })
  expect(shown.text()).toContain('042 917')
  expect(shown.find('[role=img]').attributes('aria-label')).toBe('签到码 0 4 2 9 1 7')
  const image = shown.find('image').attributes('src') ?? ''
  expect(image).toBe(qrImage('WARMCABIN:042917'))
  expect(atob(image.replace('data:image/gif;base64,', '')).slice(0, 6)).toBe('GIF87a')
})

it('is another image for another code', () => expect(qrImage(codeText('000000'))).not.toBe(qrImage(codeText('000001'))))
