import assert from 'node:assert/strict'
import test from 'node:test'
import { WWW, element, visit } from './support/captures.mjs'

const ALL = ['outbound_links', 'file_downloads', 'form_submits', 'data_attributes']

const link = (href, attributes = {}, text = '') => element('a', { href, ...attributes }, { textContent: text })

test('outbound: only the web, only others, and nothing of what an address may hide', async () => {
  const page = await visit({ o: ['outbound_links'] })
  const wanted = ['https://x:y@other.test:8080/a/b?c=d#e', '//other.test/f', 'https://notshop.test/', 'https://shop.test.other.test/']
  const not = ['/a', '#b', '?c', 'https://shop.test/', 'https://deep.app.shop.test/', 'https://mag.test/', 'https://www.mag.test/x', 'mailto:a@b.test', 'tel:1', 'javascript:0', 'https://', '']
  ;[...wanted, ...not].forEach((href) => page.fire('click', [element('b'), link(href, {}, ' one \n two ')]))
  assert.deepEqual(await page.tracked(), [
    ['outbound_link_clicked', { url: 'https://other.test:8080/a/b', text: 'one two', host: 'other.test:8080' }],
    ['outbound_link_clicked', { url: 'https://other.test/f', text: 'one two', host: 'other.test' }],
    ['outbound_link_clicked', { url: 'https://notshop.test/', text: 'one two', host: 'notshop.test' }],
    ['outbound_link_clicked', { url: 'https://shop.test.other.test/', text: 'one two', host: 'shop.test.other.test' }],
  ])
})

test('outbound: without domains of its own a site is its host, with and without www', async () => {
  const page = await visit({ d: [], o: ['outbound_links'] })
  ;['https://shop.test/', 'https://app.shop.test/', 'https://other.test/'].forEach((href) => page.fire('click', [link(href)]))
  assert.deepEqual((await page.tracked()).map(([, { host }]) => host), ['other.test'])
})

test('the text of a link is bounded', async () => {
  const page = await visit({ o: ['outbound_links'] })
  page.fire('click', [link('https://other.test/', {}, 'x'.repeat(5000))])
  assert.equal((await page.tracked())[0][1].text.length, 100)
})

test('the middle button follows links, the right one opens a menu', async () => {
  const page = await visit({ o: ALL })
  const mark = element('button', { 'data-passerby-event': 'pressed' })
  ;[1, 2].forEach((button) => {
    page.fire('auxclick', [link('https://other.test/')], { button })
    page.fire('auxclick', [mark], { button })
  })
  assert.deepEqual((await page.tracked()).map(([name]) => name), ['outbound_link_clicked'])
})

test('downloads: by ending or by attribute', async () => {
  const page = await visit({ o: ['file_downloads'] })
  page.fire('click', [link('/a/price%20list.PDF?key=1#2')])
  page.fire('click', [link('/a/%E0.zip')])
  page.fire('click', [link('/export?all', { download: '' })])
  page.fire('click', [link('blob:https://www.shop.test/1', { download: 'basket.CSV' })])
  page.fire('click', [link('data:text/csv,name,ann@shop.test/secret.csv', { download: '' })])
  page.fire('click', [link('/a/page.html')])
  page.fire('click', [link('/pdf')])
  page.fire('click', [link('https://zip/')])
  page.fire('click', [element('a', { download: 'no.zip' })])
  assert.deepEqual(await page.tracked(), [
    ['file_downloaded', { url: WWW + 'a/price%20list.PDF', file: 'price list.PDF', extension: 'pdf' }],
    ['file_downloaded', { url: WWW + 'a/%E0.zip', file: '%E0.zip', extension: 'zip' }],
    ['file_downloaded', { url: WWW + 'export', file: 'export', extension: '' }],
    ['file_downloaded', { file: 'basket.CSV', extension: 'csv' }],
    ['file_downloaded', { file: '', extension: '' }],
  ])
})

test('marks: the nearest one, its properties as texts, whatever they are called', async () => {
  const page = await visit({ o: ['data_attributes'] })
  const prefix = 'data-passerby-property-'
  const inner = element('button', { 'data-passerby-event': 'in', [prefix + 'list-price']: '42.50', [prefix + 'constructor']: 'x', title: 'no' })
  const outer = element('div', { 'data-passerby-event': 'out' })
  page.fire('click', [element('b'), inner, outer, page.document, page.page])
  page.fire('click', [element('form', { 'data-passerby-event': 'form' }), outer])
  assert.deepEqual(await page.tracked(), [['in', { list_price: '42.50', constructor: 'x' }], ['out', {}]])
})

test('marks: a click on a label and the one that the browser makes of it on the field are one', async () => {
  const page = await visit({ o: ['data_attributes'] })
  const mark = (event) => element('div', { 'data-passerby-event': event })
  const [around, beside, box] = [mark('around'), mark('beside'), element('input')]
  const label = element('label', {}, { control: box })
  page.fire('click', [element('span'), label, around])
  page.fire('click', [box, label, around])
  await page.settle()
  page.fire('click', [box, label, around])
  await page.settle()
  page.fire('click', [label])
  page.fire('click', [box, beside])
  page.fire('click', [element('span'), label, around])
  page.fire('click', [element('button'), around])
  const told = (await page.tracked()).map(([event]) => event)
  assert.deepEqual(told, ['around', 'around', 'beside', 'around', 'around'])
})

const field = (type, value, marked) => element('input', marked ? { 'data-passerby-identify': '' } : {}, { type, value })
const form = (attributes, ...elements) => element('form', attributes, { elements })
const submit = (page, target, submitter) => {
  const event = Object.assign(new Event('submit', { cancelable: true }), { submitter })
  Object.defineProperty(event, 'target', { value: target })
  page.page.dispatchEvent(event)
  return event
}

test('forms: their names and where they go, never what is in them', async () => {
  const page = await visit({ o: ['form_submits'] }, { url: WWW + 'join?from=ann' })
  const filled = [field('email', 'ann@shop.test'), field('password', 'secret')]
  const event = submit(page, form({ id: 'a', name: 'b', action: '/c?d=e#f' }, ...filled))
  submit(page, form({}, ...filled), element('button', { formaction: 'https://pay.test/now' }))
  submit(page, form({ action: 'mailto:ann@shop.test' }))
  submit(page, form({}))
  assert.equal(event.defaultPrevented, false)
  assert.deepEqual(await page.tracked(), [
    ['form_submitted', { form_id: 'a', form_name: 'b', form_action: WWW + 'c' }],
    ['form_submitted', { form_action: 'https://pay.test/now' }],
    ['form_submitted', {}],
    ['form_submitted', { form_action: WWW + 'join' }],
  ])
})

const ASKED = { 'data-passerby-identify': '' }
const claims = [
  ['the address of a marked form', form(ASKED, field('hidden', 'h@shop.test'), field('email', ' ann@shop.test ')), 'ann@shop.test'],
  ['a marked field', form({}, field('email', 'other@shop.test'), field('text', 'ann@shop.test', true)), 'ann@shop.test'],
  ['the marked field before the others', form(ASKED, field('email', 'other@shop.test'), field('email', 'ann@shop.test', true)), 'ann@shop.test'],
  ['no mark', form({}, field('email', 'ann@shop.test'))],
  ['a password', form({}, field('password', 'ann@shop.test', true))],
  ['a hidden field', form({}, field('hidden', 'ann@shop.test', true))],
  ['text that nobody has marked', form(ASKED, field('text', 'ann@shop.test'))],
  ['no address', form(ASKED, field('email', 'ann'))],
  ['two addresses', form(ASKED, field('email', 'ann@shop.test, bob@shop.test'))],
  ['no field', form(ASKED)],
]
for (const [name, submitted, email] of claims) {
  test('a form identifies: ' + name, async () => {
    const page = await visit({ o: ['form_submits'] })
    submit(page, submitted)
    const identified = (await page.tracked()).filter(([what]) => what === 'identify')
    assert.deepEqual(identified, email ? [['identify', { email }]] : [])
  })
}

test('a form identifies nobody who is known, or asks for privacy, or has not agreed', async () => {
  const submitted = form(ASKED, field('email', 'ann@shop.test'))
  const known = await visit({ o: ['form_submits'] })
  known.passerby.identify('bob')
  submit(known, submitted)
  const shy = await visit({ o: ['form_submits'] }, { navigator: { globalPrivacyControl: true } })
  submit(shy, submitted)
  const asking = await visit({ o: ['form_submits'], q: true })
  submit(asking, submitted)
  assert.deepEqual((await known.tracked()).map(([name]) => name), ['identify', 'form_submitted'])
  assert.deepEqual((await shy.tracked()).map(([name]) => name), ['form_submitted'])
  assert.deepEqual(await asking.tracked(), [])
  asking.passerby.consent('granted')
  assert.deepEqual(await asking.tracked(), [], 'what was done before is not told later')
})

test('what is switched off is not told', async () => {
  const marked = link('https://other.test/a.zip', { 'data-passerby-event': 'pressed' })
  const everything = async (config) => {
    const page = await visit(config)
    page.fire('click', [marked])
    submit(page, form({ 'data-passerby-event': 'sent' }))
    page.fire('scroll', [])
    page.document.hidden = true
    page.document.dispatchEvent(new Event('visibilitychange'))
    return (await page.tracked()).map(([name]) => name)
  }
  assert.deepEqual(await everything({}), [])
  assert.deepEqual(await everything({ j: true }), [])
  assert.deepEqual(await everything({ o: ['outbound_links'] }), ['outbound_link_clicked'])
  assert.deepEqual(await everything({ o: ['file_downloads'] }), ['file_downloaded'])
  assert.deepEqual(await everything({ o: ['form_submits'] }), ['form_submitted'])
  assert.deepEqual(await everything({ o: ['data_attributes'] }), ['pressed', 'sent'])
  assert.deepEqual(await everything({ o: ['scroll_depth'] }), ['page_engaged'])
})

const leave = (page, hidden = true) => {
  page.document.hidden = hidden
  page.page.dispatchEvent(new Event('visibilitychange'))
  page.document.dispatchEvent(new Event('visibilitychange'))
}

test('engagement: once for each time, only what is new, and about its own page', async () => {
  const begun = performance.now()
  const page = await visit({ o: ['engaged_time', 'scroll_depth'] })
  await page.settle(50)
  leave(page)
  leave(page)
  leave(page, false)
  await page.settle(50)
  page.globals.history.pushState({}, '', '/next')
  page.document.title = 'Next'
  await page.settle()
  const engaged = page.events().filter(({ event }) => event === 'page_engaged')
  assert.deepEqual(engaged.map(({ properties, context }) => [properties.scroll_percent, context.page.url, context.page.title]), [
    [25, WWW, 'Title'],
    [25, WWW, 'Title'],
  ])
  const [first, second] = engaged.map(({ properties }) => properties.engaged_ms)
  assert.ok(first > 0 && second > 0 && first + second <= performance.now() - begun + 2)
})

test('engagement: a visitor who logs out takes nothing along', async () => {
  const page = await visit({ o: ['scroll_depth'] })
  page.passerby.identify('ann')
  page.fire('scroll', [])
  page.passerby.reset()
  page.globals.history.pushState({}, '', '/next')
  assert.deepEqual((await page.tracked()).map(([name]) => name), ['identify'])
})
