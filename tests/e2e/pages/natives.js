// Breaks one native in the way that the address names, `?Array.prototype.filter!throws`, before the snippet is there.

/** By the way's name: what stands in the native's place. All can be called with `new`, too. */
const WAYS = {
  throws: () => function () { throw new Error("broken by the page") },
  nothing: () => function () {},
  wrong: () => function () { return { length: 1, 0: "of the page", toString: () => "of the page" } },
}

const asText = own.text
const listOf = (list) => {
  let text = ""
  for (let i = 0; i < list.length; i++) text += (i ? ", " : "") + asText(list[i])
  return "[" + text + "]"
}
const quoted = (real) => function () { return '"' + real.call(this) + '"' }
const realCall = Function.prototype.call
const realDate = Date

/** What old libraries, shims and other people's own helpers have under these names; most of them have been seen. */
const SPECIAL = {
  "Array.prototype.map!by-name": () => function (name) { const all = []; for (let i = 0; i < this.length; i++) all[i] = this[i][name]; return all },
  "Array.prototype.filter!by-value": () => function (value) { const all = []; for (let i = 0; i < this.length; i++) if (this[i] === value) all.push(value); return all },
  "Array.prototype.find!by-value": () => function (value) { for (let i = 0; i < this.length; i++) if (this[i] === value) return i; return null },
  "Array.prototype.findIndex!by-value": () => function (value) { for (let i = 0; i < this.length; i++) if (this[i] === value) return i; return false },
  "Array.prototype.forEach!until-false": () => function (act) { for (let i = 0; i < this.length; i++) if (act(this[i]) === false || i === 1) break; return this },
  "Array.prototype.some!by-value": () => function (value) { for (let i = 0; i < this.length; i++) if (this[i] === value) return true; return false },
  "Array.prototype.every!by-value": () => function (value) { for (let i = 0; i < this.length; i++) if (this[i] !== value) return false; return true },
  "Array.prototype.includes!by-text": () => function (value) { return ("" + this[0]).length > 0 },
  "Array.prototype.indexOf!false": () => function (value) { for (let i = 0; i < this.length; i++) if (this[i] == value) return i; return false },
  "Array.prototype.concat!in-place": () => function (more) { for (let i = 0; more && i < more.length; i++) this[this.length] = more[i]; return this },
  "Array.prototype.slice!itself": () => function () { return this },
  "Array.prototype.splice!one": (real) => function (at) { return this[at] },
  "Array.prototype.push!itself": () => function (one) { this[this.length] = one; return this },
  "Array.prototype.push!unique": () => function (one) { for (let i = 0; i < this.length; i++) if (this[i] === one) return -1; this[this.length] = one; return this.length },
  "Array.prototype.shift!rest": () => function () { return this },
  "Array.prototype.join!spaced": () => function (by) { let text = ""; for (let i = 0; i < this.length; i++) text += (i ? " " + (by || ",") + " " : "") + this[i]; return text },
  "Array.prototype.reduce!first": () => function () { return this.length > 1 ? this : this[0] },
  "Array.prototype.reverse!copy": () => function () { const all = []; for (let i = this.length; i--;) all[all.length] = this[i]; return all },
  "Array.prototype.flatMap!flat": () => function () { return this },
  "Array.prototype.keys!object": () => function () { return {} },
  "Array.prototype.entries!list": () => function () { return this },
  "Array.prototype.toJSON!text": () => function () { return listOf(this) },
  "Array.prototype.@@iterator!pairs": () => function () { let i = 0; return { next: () => (i < this.length ? { done: false, value: [i, this[i++]] } : { done: true }) } },
  "Array.from!text": () => function (one) { return [String(one)] },
  "Array.isArray!objects": () => function (one) { return typeof one === "object" },
  "String.prototype.split!no-empty": () => function (by) { const all = []; let one = ""; for (let i = 0; i <= this.length; i++) { if (i < this.length && this[i] !== by) one += this[i]; else { if (one) all[all.length] = one; one = "" } } return all },
  "String.prototype.replace!literal": () => function (what, by) { return this + "" },
  "String.prototype.startsWith!anywhere": () => function (text) { return this.indexOf(text) >= 0 },
  "String.prototype.includes!expression": () => function (text) { return new RegExp(text).test(this) },
  "String.prototype.trim!all": () => function () { let text = ""; for (let i = 0; i < this.length; i++) if (this[i] !== " ") text += this[i]; return text },
  "String.prototype.substring!from-one": (real) => function (from, to) { return real.call(this, from - 1, to) },
  "String.prototype.padStart!end": () => function (length, by) { let text = "" + this; while (text.length < length) text += by; return text },
  "String.prototype.slice!object": () => function () { return new String(this) },
  "String.prototype.toJSON!quoted": () => function () { return asText("" + this) },
  "Number.prototype.toJSON!text": () => function () { return "" + this },
  "Number.prototype.toString!decimal": () => function () { return "" + (this + 0) + "." },
  "Boolean.prototype.toJSON!text": () => function () { return "" + this },
  "Object.keys!inherited": () => function (one) { const all = []; for (const name in one) all[all.length] = name; all[all.length] = "extend"; return all },
  "Object.entries!objects": () => function (one) { const all = []; for (const key in one) all[all.length] = { key, value: one[key] }; return all },
  "Object.values!names": () => function (one) { const all = []; for (const key in one) all[all.length] = key; return all },
  "Object.assign!new": () => function (one, more) { const made = {}; for (const key in more) made[key] = more[key]; return made },
  "Object.create!without-null": () => function (from) { const F = function () {}; F.prototype = from; return new F() },
  "Object.defineProperty!value": () => function (one, name, { value }) { one[name] = value; return one },
  "Object.getOwnPropertyDescriptor!value": () => function (one, name) { return { value: one[name], writable: true, enumerable: true, configurable: true } },
  "Object.prototype.toJSON!text": () => function () { return "[object]" },
  "Object.prototype.toString!own": () => function () { return "of the page" },
  "Date.now!date": () => function () { return new realDate() },
  "Date.now!seconds": (real) => function () { return real() / 1000 },
  "Date.now!text": (real) => function () { return "" + real() },
  "Date.prototype.toISOString!quoted": quoted,
  "Date.prototype.toISOString!local": () => function () { return this.toLocaleString() },
  "Date.prototype.toISOString!short": (real) => function () { return real.call(this).slice(0, 10) },
  "Date.prototype.toJSON!quoted": quoted,
  "Date.prototype.getTime!seconds": (real) => function () { return real.call(this) / 1000 },
  "Date!fixed": () => function () { return new realDate(0) },
  "Date!text": () => function () { return "today" },
  "Set!list": () => function (all) { this.items = all || []; this.add = function (one) { this.items.push(one) } },
  "Set!sorted": () => function () { return [] },
  "Map!object": () => function () { this.get = function (key) { return this[key] }; this.set = function (key, value) { this[key] = value } },
  "JSON.stringify!old": () => function (one) { return typeof one === "string" ? '"' + one + '"' : "{}" },
  "JSON.stringify!spaced": (real) => function (one) { return real(one, null, 2) },
  "JSON.parse!text": () => function (text) { return text },
  "Function.prototype.bind!this-only": () => function (one) { const act = this; return function () { return act.apply(one, arguments) } },
  "Function.prototype.call!delayed": () => function () { return undefined },
  "Promise.prototype.then!once": (real) => function (act) { return real.call(this, act), this },
  "Promise!callbacks": () => function (act) { this.then = function () { return this }; this.catch = function () { return this }; act(function () {}, function () {}) },
  "Math.random!one": () => function () { return 1 },
  "Math.random!zero": () => function () { return 0 },
  "Math.min!of-list": () => function (list) { return list[0] },
  "Math.max!first": () => function (one) { return one },
  "parseInt!octal": (real) => function (text) { return real(text, 8) },
  "encodeURIComponent!plus": (real) => function (text) { return "+" + text },
  "decodeURIComponent!as-is": () => function (text) { return text },
  "RegExp.prototype.test!true": () => function () { return true },
  "RegExp.prototype.exec!null": () => function () { return null },
  "isNaN!true": () => function () { return true },
}

/** Several at once, as those libraries bring them. */
const LIBRARIES = {
  "datejs": ["Date.now!date", "Date.prototype.toISOString!quoted", "Date.prototype.toJSON!quoted"],
  "prototype": [
    "Array.prototype.toJSON!text", "String.prototype.toJSON!quoted", "Number.prototype.toJSON!text", "Date.prototype.toJSON!quoted",
    "Array.prototype.reduce!first", "Array.prototype.reverse!copy", "Array.prototype.find!by-value", "Array.prototype.entries!list",
    "Array.from!text", "Object.keys!inherited", "Object.values!names", "Function.prototype.bind!this-only",
  ],
  "shims": ["Object.create!without-null", "Object.defineProperty!value", "Object.getOwnPropertyDescriptor!value", "Array.prototype.@@iterator!pairs", "Promise!callbacks", "Set!list", "Map!object"],
}

/** Where `Array.prototype.filter` is: its holder and its name there. */
const place = (path) => {
  const names = path.split(".")
  const last = names.pop()
  return [names.reduce((holder, name) => holder[name], window), last === "@@iterator" ? Symbol.iterator : last]
}
const breaker = (path, way) => {
  const [holder, name] = place(path)
  const real = holder[name]
  if (way !== "deleted") {
    const made = (SPECIAL[path + "!" + way] || WAYS[way])(real)
    return () => (holder[name] = made)
  }
  return () => {
    delete holder[name]
    if (name in holder) holder[name] = undefined
  }
}
const [path, way] = named.split("!")
/** `all!throws!Array.prototype`: everything of this holder that the tests know, in the order in which they give it. */
const list = new URLSearchParams(location.search).get("all")
const breakers = LIBRARIES[path]
  ? LIBRARIES[path].map((one) => breaker(...one.split("!")))
  : list
    ? list.split(",").map((one) => breaker(one, way))
    : path
      ? [breaker(path, way)]
      : []
const breakAll = () => {
  for (let i = 0; i < breakers.length; i++) breakers[i]()
}
const isAfter = location.search.indexOf("&after") > 0

let finished = false
const finish = () => {
  if (finished) return
  finished = true
  own.send(own.origin + "/outcome", "{}")
}
const identified = () => {
  if (!window.passerby || !passerby.v) return own.later(identified, 20)
  if (isAfter) {
    breakAll()
    passerby.track("survived", { deep: { list: [1, "two", null] }, n: 1.5 })
  }
  passerby.identify("user-7", { list: ["a"], plan: "free" })
  own.later(finish, 700)
}
/** Behind the snippet: a call that is recorded where the script is not there yet, and one once it is. */
const act = () => {
  if (!isAfter) passerby.track("survived", { deep: { list: [1, "two", null] }, n: 1.5 })
  addEventListener("load", identified)
  own.later(finish, 12000)
}
if (!isAfter) breakAll()
