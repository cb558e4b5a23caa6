// Three phones on one page. Each is the real client in an iframe (?phone=<account>), with the notifications that the
// simulator keeps for that person above it.
'use strict'

const pollEvery = 1500

// The accounts of the demo, as the simulator names them.
const numbered = (base, name, count) => Array.from({ length: count }, (_, i) => (i ? [`${base}-${String(i + 1).padStart(2, '0')}`, `${name} ${i + 1}`] : [base, name]))
const people = [
  ['选民', [['resident', '选民'], ...Array.from({ length: 12 }, (_, i) => [`demo-${String(i + 1).padStart(2, '0')}`, `选民 ${i + 2}`])]],
  ['代表', numbered('deputy', '人大代表', 12)],
  ['联络站', numbered('staff', '联络站', 3)],
  ['承办单位', numbered('department', '承办单位', 4)],
  ['社区', [...numbered('community', '社区', 2), ...numbered('liaison', '联络员', 3)]],
  ['人大工委', [['admin', '人大工委'], ['auditor', '审计']]],
]
const nameRule = /^[a-z0-9][a-z0-9_-]{0,63}$/
const standard = ['resident', 'deputy', 'staff']

function chosen() {
  const asked = (new URLSearchParams(location.search).get('phones') ?? '').split(',')
  return standard.map((account, i) => (nameRule.test(asked[i] ?? '') ? asked[i] : account))
}

const from = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true)
const pad = (n) => String(n).padStart(2, '0')
const clock = (at) => `${at.getHours()}:${pad(at.getMinutes())}`

function when(text) {
  const at = new Date(text)
  return at.toDateString() === new Date().toDateString() ? clock(at) : `${at.getMonth() + 1}月${at.getDate()}日`
}

class Phone {
  constructor(account, onPick) {
    this.section = from('phone')
    this.at = (name) => this.section.querySelector(`.${name}`)
    this.screen = this.at('frame__screen')
    this.fillPicker(account)
    this.at('phone__pick').addEventListener('change', (e) => {
      this.become(e.target.value)
      onPick()
    })
    // A page opened from a notification has nothing to go back to.
    this.at('frame__home').addEventListener('click', () => this.show('pages/home/home'))
    this.at('frame__scan').addEventListener('click', () => this.scan())
    this.at('wechat__way--follow').addEventListener('click', () => this.change('follow', this.ways?.follows ? 'DELETE' : 'PUT'))
    this.at('wechat__way--switch').addEventListener('click', () => this.change('ways', 'PUT', { main_switch: !this.ways?.main_switch }))
    this.become(account)
  }

  fillPicker(account) {
    const pick = this.at('phone__pick')
    const known = new Set()
    for (const [label, group] of people) {
      const box = document.createElement('optgroup')
      box.label = label
      for (const [value, name] of group) {
        box.append(new Option(name, value))
        known.add(value)
      }
      pick.append(box)
    }
    if (!known.has(account)) pick.append(new Option(account, account))
    pick.value = account
  }

  become(account) {
    this.account = account
    this.forget()
    const name = this.at('phone__pick').selectedOptions[0]?.textContent ?? account
    this.section.setAttribute('aria-label', `${name}的手机`)
    this.screen.title = `${name}的温馨小屋`
    this.screen.src = `/?phone=${encodeURIComponent(account)}`
    void this.poll()
    void this.readWays()
  }

  // What this person set in WeChat: whether they follow the official account, and WeChat's own main switch.
  async readWays() {
    const account = this.account
    const response = await fetch(`/sim/people/${account}/credits`).catch(() => undefined)
    if (!response?.ok || account !== this.account) return
    this.ways = await response.json()
    const works = !/^(resident|demo-)/.test(account) // the official account tells working people only
    const follow = this.at('wechat__way--follow')
    follow.hidden = !works
    follow.textContent = this.ways.follows ? '已关注公众号' : '关注公众号'
    follow.setAttribute('aria-pressed', String(this.ways.follows))
    const main = this.at('wechat__way--switch')
    main.hidden = false
    main.textContent = this.ways.main_switch ? '接收通知：开' : '接收通知：关'
    main.setAttribute('aria-pressed', String(this.ways.main_switch))
  }

  async change(what, method, body) {
    await fetch(`/sim/people/${this.account}/${what}`, { method, body: body && JSON.stringify(body) }).catch(() => undefined)
    await this.readWays()
  }

  forget() {
    this.last = 0
    this.fresh = false
    this.at('wechat__list').replaceChildren()
    this.showUnread(0)
  }

  async poll() {
    const account = this.account
    const after = this.last
    let answer
    try {
      const response = await fetch(`/sim/people/${account}/messages?after=${after}`)
      if (!response.ok) throw new Error(String(response.status))
      answer = await response.json()
    } catch {
      this.at('wechat__down').hidden = false
      this.down = true
      return
    }
    if (account !== this.account || after !== this.last) return
    this.at('wechat__down').hidden = true
    // A simulator that was started again counts from one.
    if (this.down) {
      this.down = false
      this.forget()
      return void this.poll()
    }
    for (const m of answer.messages) this.add(m)
    this.fresh = true
    this.showUnread(answer.unread)
  }

  add(m) {
    this.last = Math.max(this.last, m.id)
    const item = from('message')
    const button = item.querySelector('.message')
    item.querySelector('.message__title').textContent = m.title
    item.querySelector('.message__body').textContent = (m.fields ?? []).map((f) => f.value).join(' · ')
    item.querySelector('.message__channel').hidden = m.channel !== 'official'
    item.querySelector('.message__at').textContent = when(m.at)
    button.classList.toggle('message--read', m.read)
    // What was there when the page opened does not slide in.
    button.classList.toggle('message--new', this.fresh)
    button.addEventListener('click', () => this.open(m, button))
    const list = this.at('wechat__list')
    list.prepend(item)
    if (this.fresh) list.scrollTop = 0
  }

  async open(m, button) {
    this.show(m.page)
    button.classList.add('message--read')
    try {
      const response = await fetch(`/sim/people/${this.account}/messages/${m.id}/read`, { method: 'POST' })
      if (response.ok) this.showUnread((await response.json()).unread)
    } catch {
      // The dot comes back with the next visit.
    }
  }

  // As WeChat does, a notification opens the client afresh on its page.
  show(page) {
    if (!page) return
    const address = `/?phone=${encodeURIComponent(this.account)}#/${page.replace(/^\//, '')}`
    const screen = this.screen.contentWindow
    screen.location.replace(address)
    screen.location.reload()
  }

  // The camera before the code that was drawn last: a desktop's, or a station's on its wall.
  async scan() {
    const response = await fetch('/sim/codes').catch(() => undefined)
    const [code] = response?.ok ? (await response.json()).codes : []
    const button = this.at('frame__scan')
    if (code) return this.show(`${code.page}?scene=${encodeURIComponent(code.scene)}`)
    button.textContent = '眼前没有码'
    setTimeout(() => (button.textContent = '扫一扫'), 2000)
  }

  showUnread(count) {
    const badge = this.at('phone__unread')
    badge.hidden = count === 0
    badge.textContent = `${count} 条新通知`
  }

  tick(now) {
    this.at('frame__clock').textContent = clock(now)
  }
}

const phones = []
const remember = () => {
  const now = phones.map((p) => p.account)
  history.replaceState(null, '', now.join() === standard.join() ? location.pathname : `${location.pathname}?phones=${now.join(',')}`)
}
for (const account of chosen()) {
  const phone = new Phone(account, remember)
  phones.push(phone)
  document.getElementById('phones').append(phone.section)
}

function tick() {
  if (document.hidden) return
  const now = new Date()
  for (const phone of phones) {
    phone.tick(now)
    void phone.poll()
  }
}
tick()
setInterval(tick, pollEvery)
document.addEventListener('visibilitychange', tick)
