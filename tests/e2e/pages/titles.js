// Titles that come late, and what happens while the page view waits for them, by name.

const ready = (act, ms = 0) => addEventListener("DOMContentLoaded", () => own.later(act, ms))
const loaded = (act, ms = 0) => addEventListener("load", () => own.later(act, ms))
const titled = () => (document.title = "At last")
const element = () => document.head.querySelector("title")
const begin = () => sessionStorage.setItem("begun", "1")
const begun = () => sessionStorage.getItem("begun")
/** As soon as the snippet is there. */
const there = (act) => (window.passerby && passerby.v ? act() : own.later(() => there(act), 5))
/** While the view waits: this long after the document is there, and not before the snippet is. */
const meanwhile = (act, ms) => ready(() => there(act), ms)

const TITLES = {
  "streamed": () => {},
  "streamed-script": () => {},
  "never": () => {},
  "after-50": () => ready(titled, 50),
  "after-200": () => ready(titled, 200),
  "none-after-200": () => ready(titled, 200),
  "empty-after-200": () => ready(titled, 200),
  "script-after-200": () => ready(titled, 200),
  "load": () => loaded(titled),
  "element-text": () => ready(() => (element().textContent = "At last"), 150),
  "element-node": () => ready(() => (element().firstChild.data = "At last"), 150),
  "element-replaced": () => ready(() => element().replaceWith(Object.assign(document.createElement("title"), { text: "At last" })), 150),
  "element-added": () => ready(() => document.head.append(Object.assign(document.createElement("title"), { text: "At last" })), 150),
  "frame-by-frame": () => ready(() => requestAnimationFrame(() => requestAnimationFrame(titled))),
  "microtask": () => ready(() => Promise.resolve().then(titled)),

  "leave-at-once": () => there(() => (location.href = "/load")),
  "leave-after-100": () => meanwhile(() => (location.href = "/load"), 100),
  "leave-by-reload": () => (begun() ? ready(titled, 100) : (begin(), meanwhile(() => location.reload(), 100))),
  "identify": () => {
    meanwhile(() => passerby.identify("user-late", { plan: "free" }), 100)
    ready(titled, 200)
  },
  "identify-at-once": () => {
    // Recorded, as the script is not there: after the view, of whoever was there at load.
    ready(() => passerby.identify("user-early", { plan: "free" }))
    ready(titled, 200)
  },
  "track": () => {
    meanwhile(() => passerby.track("early", { n: 1 }), 50)
    ready(titled, 200)
  },
  "reset": () => {
    if (!begun()) {
      begin()
      loaded(() => passerby.identify("user-before", {}), 900)
      loaded(() => location.reload(), 1500)
      return
    }
    meanwhile(() => passerby.reset(), 100)
    meanwhile(() => passerby.track("afterwards"), 150)
    ready(titled, 200)
  },
  "route": () => {
    meanwhile(() => history.pushState({}, "", "/one"), 100)
    meanwhile(titled, 100)
  },
  "page-call": () => {
    meanwhile(() => passerby.page("Extra"), 50)
    ready(titled, 200)
  },
  "denied": () => {
    ready(() => passerby.consent("denied"), 50)
    ready(titled, 100)
  },
  "consent-early": () => {
    ready(() => passerby.consent("granted"), 50)
    ready(titled, 200)
  },
  "consent-late": () => {
    ready(titled, 200)
    loaded(() => passerby.consent("granted"), 1000)
  },
}
TITLES[named]()
addEventListener("load", async () => {
  await rest(2500)
  tell({})
})
// A page that is left has nothing to say at its end.
if (named === "leave-at-once" || named === "leave-after-100") tell({})
