// Ways in which routers change the address, by name: what is done before the snippet is there, and after the first page view.

const push = history.pushState
const kept = { push: history.pushState.bind(history), replace: history.replaceState.bind(history), native: history.pushState }
/** Of the page, as it goes on. */
const seen = { calls: 0, missing: 0 }

/** Resolves when another page view has been made; one that never comes is for the test to say. */
const view = () =>
  new Promise((done) => {
    const end = own.later(() => done(seen.missing++), 3000)
    passerby.on("event", ({ type }) => {
      if (type !== "page") return
      clearTimeout(end)
      done()
    })
  })
/** One change of the address by a router, which sets the title, and the view that must follow. */
const hop = async (act, title) => {
  const counted = view()
  await act()
  if (title) document.title = title
  await counted
}
/** A document of the same origin in a frame, loaded, without the snippet. */
const framed = () =>
  new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { src: "/bare", onload: () => done(frame.contentWindow) })
    document.body.append(frame)
  })
const named_ = (tag, how = "id", more = {}) => document.head.append(Object.assign(document.createElement(tag), { [how]: "navigation", ...more }))
/** As an app does that takes over navigation: each one within this origin is carried out by `handler`. */
const intercept = (handler) =>
  navigation.addEventListener("navigate", (event) => {
    if (event.canIntercept && !event.hashChange) event.intercept({ handler })
  })
const settled = ({ committed, finished }) => Promise.allSettled([committed, finished])
const link = (href) => Object.assign(document.body.appendChild(document.createElement("a")), { href, textContent: href })
const counting = (real) =>
  function (...all) {
    seen.calls++
    return real.apply(this, all)
  }
/** What a call throws, by name. */
const thrown = (act) => {
  try {
    return String(act())
  } catch (error) {
    return error.name
  }
}
const byPath = () => (document.title = location.pathname)

const ROUTERS = {
  "push": { after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "replace": { after: () => hop(() => history.replaceState({}, "", "/one"), "/one") },
  "push-url-object": { after: () => hop(() => history.pushState({}, "", new URL("/one", location)), "/one") },
  "prototype-push": { after: () => hop(() => History.prototype.pushState.call(history, {}, "", "/one"), "/one") },
  "prototype-replace": { after: () => hop(() => History.prototype.replaceState.call(history, {}, "", "/one"), "/one") },
  "prototype-reflect": { after: () => hop(() => Reflect.apply(History.prototype.pushState, history, [{}, "", "/one"]), "/one") },
  "bound-after": { after: () => hop(() => history.pushState.bind(history)({}, "", "/one"), "/one") },
  "prototype-patched-before": {
    before: () => (History.prototype.pushState = counting(History.prototype.pushState)),
    after: () => hop(() => history.pushState({}, "", "/one"), "/one"),
  },
  "prototype-patched-later": {
    after: () => {
      History.prototype.pushState = counting(History.prototype.pushState)
      return hop(() => history.pushState({}, "", "/one"), "/one")
    },
  },
  "prototype-replace-patched-later": {
    after: () => {
      History.prototype.replaceState = counting(History.prototype.replaceState)
      return hop(() => history.replaceState({}, "", "/one"), "/one")
    },
  },
  "instance-patched-later": {
    after: () => {
      history.pushState = counting(history.pushState)
      return hop(() => history.pushState({}, "", "/one"), "/one")
    },
  },
  "class-extended-later": {
    after: () => {
      // As zone.js and others do: a descriptor instead of an assignment.
      const value = counting(History.prototype.pushState)
      Object.defineProperty(History.prototype, "pushState", { value, configurable: true, writable: true, enumerable: true })
      return hop(() => history.pushState({}, "", "/one"), "/one")
    },
  },
  "history-frozen": { before: () => Object.freeze(history), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "back-and-forward": {
    before: () => addEventListener("popstate", byPath),
    after: async () => {
      await hop(() => history.pushState({}, "", "/one"), "/one")
      await hop(() => history.back())
      await hop(() => history.forward())
    },
  },
  "go-by-two": {
    before: () => addEventListener("popstate", byPath),
    after: async () => {
      await hop(() => history.pushState({}, "", "/one"), "/one")
      await hop(() => history.pushState({}, "", "/two"), "/two")
      await hop(() => history.go(-2))
    },
  },
  "replace-then-push": { after: () => hop(() => { history.replaceState({ scroll: 1 }, ""); history.pushState({}, "", "/one") }, "/one") },
  "push-then-replace": { after: () => hop(() => { history.pushState({}, "", "/half"); history.replaceState({}, "", "/one") }, "/one") },
  "push-twice": { after: () => hop(() => { history.pushState({}, "", "/half"); history.pushState({}, "", "/one") }, "/one") },

  "frame-push": {
    after: async () => {
      const frame = await framed()
      history.pushState.call(frame.history, {}, "", "/inner")
      Object.assign(seen, { page: location.pathname, frame: frame.location.pathname })
    },
  },
  "frame-replace": {
    after: async () => {
      const frame = await framed()
      history.replaceState.call(frame.history, {}, "", "/inner")
      Object.assign(seen, { page: location.pathname, frame: frame.location.pathname })
    },
  },
  "frame-prototype-push": {
    after: async () => {
      const frame = await framed()
      History.prototype.pushState.call(frame.history, {}, "", "/inner")
      Object.assign(seen, { page: location.pathname, frame: frame.location.pathname })
    },
  },
  "frame-apply": {
    after: async () => {
      const frame = await framed()
      history.pushState.apply(frame.history, [{}, "", "/inner"])
      Object.assign(seen, { page: location.pathname, frame: frame.location.pathname })
    },
  },
  "frame-moves-itself": {
    after: async () => {
      const frame = await framed()
      frame.history.pushState({}, "", "/inner")
      Object.assign(seen, { page: location.pathname, frame: frame.location.pathname })
    },
  },
  "same-url": { after: () => { history.pushState({}, "", location.href); history.replaceState({}, "", location.href) } },
  "no-url": { after: () => { history.pushState({}, ""); history.replaceState({}, "", undefined); history.pushState({}, "", null) } },
  "fragment": {
    after: async () => {
      location.hash = "one"
      link("#two").click()
      history.pushState({}, "", "#three")
      location.replace("#four")
      await rest(50)
      history.back()
    },
  },
  "other-origin": { after: () => (seen.answer = thrown(() => history.pushState({}, "", "http://elsewhere.invalid/"))) },
  "wrong-this": { after: () => (seen.answer = thrown(() => history.pushState.call({}, {}, "", "/one"))) },
  "no-arguments": { after: () => (seen.answer = thrown(() => history.pushState())) },
  "answer": { after: () => hop(() => (seen.answer = thrown(() => history.pushState({}, "", "/one"))), "/one") },
  "untouched": {
    after: () => {
      const own = Object.getOwnPropertyNames(history)
      const text = (one) => /^function \w+\(\) \{\s+\[native code\]\s+\}$/.test(Function.prototype.toString.call(one))
      Object.assign(seen, { own: own.join(), same: history.pushState === push, native: text(history.pushState) && text(history.replaceState) })
    },
  },

  "named-a": { before: () => named_("a"), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "named-nav": { before: () => named_("nav"), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "named-form": { before: () => named_("form", "name"), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "named-frame": { before: () => named_("iframe", "name", { src: "/bare" }), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "named-twice": { before: () => { named_("a"); named_("nav") }, after: () => hop(() => history.replaceState({}, "", "/one"), "/one") },
  "named-later": { after: () => { named_("nav"); return hop(() => history.pushState({}, "", "/one"), "/one") } },
  "global-object": { before: () => (window.navigation = { open: true }), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "global-element": { before: () => (window.navigation = document.createElement("nav")), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },
  "global-target": { before: () => (window.navigation = new EventTarget()), after: () => hop(() => history.replaceState({}, "", "/one"), "/one") },
  "global-nothing": { before: () => (window.navigation = undefined), after: () => hop(() => history.pushState({}, "", "/one"), "/one") },

  // With the Navigation API only: where it is missing, nobody can hear of these.
  "kept-push": { after: () => hop(() => kept.push({}, "", "/one"), "/one") },
  "kept-replace": { after: () => hop(() => kept.replace({}, "", "/one"), "/one") },
  "kept-native": { after: () => hop(() => kept.native.call(history, {}, "", "/one"), "/one") },
  "frames-native": { after: async () => { const frame = await framed(); await hop(() => frame.History.prototype.pushState.call(history, {}, "", "/one"), "/one") } },
  "restored": { after: () => { History.prototype.pushState = push; return hop(() => history.pushState({}, "", "/one"), "/one") } },
  "stopped": {
    // Somebody else's listener, before ours, that lets nobody hear of it.
    before: () => addEventListener("popstate", (event) => event.stopImmediatePropagation()),
    after: async () => {
      await hop(() => history.pushState({}, "", "/one"), "/one")
      await hop(() => history.back())
    },
  },
  "navigate": { after: () => { intercept(async () => byPath()); return hop(() => settled(navigation.navigate("/one"))) } },
  "navigate-replace": { after: () => { intercept(async () => byPath()); return hop(() => settled(navigation.navigate("/one", { history: "replace" }))) } },
  "navigate-by-link": { after: () => { intercept(async () => byPath()); return hop(() => link("/one").click()) } },
  "navigate-by-location": { after: () => { intercept(async () => byPath()); return hop(() => location.assign("/one")) } },
  "navigate-by-form": {
    after: () => {
      intercept(async () => byPath())
      const form = document.body.appendChild(Object.assign(document.createElement("form"), { action: "/one" }))
      return hop(() => form.requestSubmit())
    },
  },
  "navigate-late-title": { after: () => { intercept(async () => { await rest(200); byPath() }); return hop(() => navigation.navigate("/one")) } },
  "navigate-late-title-by-link": { after: () => { intercept(async () => { await rest(200); byPath() }); return hop(() => link("/one").click()) } },
  "navigate-never-done": { after: () => { intercept(() => new Promise(() => {})); return hop(() => void navigation.navigate("/one")) } },
  "navigate-fails": { after: () => { intercept(async () => { throw new Error("of the page") }); return hop(() => settled(navigation.navigate("/one"))) } },
  "navigate-superseded": {
    after: () => {
      intercept(async () => { await rest(100); byPath() })
      return hop(() => { settled(navigation.navigate("/half")); settled(navigation.navigate("/one")) })
    },
  },
  "navigate-traverse": {
    before: () => addEventListener("popstate", byPath),
    after: async () => {
      const { key } = navigation.currentEntry
      await hop(() => history.pushState({}, "", "/one"), "/one")
      await hop(() => settled(navigation.traverseTo(key)))
      await hop(() => settled(navigation.forward()))
    },
  },
  "navigate-canceled": { after: () => { navigation.addEventListener("navigate", (event) => event.preventDefault()); return settled(navigation.navigate("/one")) } },
  "navigate-same": { after: () => { intercept(async () => {}); return settled(navigation.navigate(location.href, { history: "replace", state: { n: 1 } })) } },
  "navigate-reload": { after: () => { intercept(async () => {}); return settled(navigation.reload()) } },
  "navigate-fragment": { after: () => settled(navigation.navigate("#one")) },
  "update-current-entry": { after: () => navigation.updateCurrentEntry({ state: { n: 1 } }) },
  "own-listener": {
    before: () => (navigation.oncurrententrychange = () => seen.calls++),
    after: () => hop(() => history.pushState({}, "", "/one"), "/one"),
  },

  // Of the site whose fragments are pages.
  "hash-assigned": { after: () => hop(() => (location.hash = "#/one"), "/one") },
  "hash-pushed": { after: () => hop(() => history.pushState({}, "", "#/one"), "/one") },
  "hash-pushed-by-prototype": { after: () => hop(() => History.prototype.pushState.call(history, {}, "", "#/one"), "/one") },
  "hash-replaced": { after: () => hop(() => location.replace("#/one"), "/one") },
  "hash-by-link": { after: () => hop(() => link("#/one").click(), "/one") },
  "hash-and-back": {
    after: async () => {
      await hop(() => (location.hash = "#/one"), "/one")
      await hop(() => history.back())
    },
  },
  "hash-same": { after: async () => { await hop(() => (location.hash = "#/one"), "/one"); location.hash = "#/one"; history.replaceState({ n: 1 }, "", "#/one") } },
  "hash-kept": { after: () => hop(() => kept.push({}, "", "#/one"), "/one") },
  "hash-navigated": { after: () => hop(() => settled(navigation.navigate("#/one")), "/one") },
}

const { before = () => {}, after } = ROUTERS[named]
before()
addEventListener("load", () => {
  passerby.on("sent", async () => {
    if (seen.begun) return
    seen.begun = true
    seen.api = typeof Navigation
    await after()
    await rest(900)
    tell(seen)
  })
})
