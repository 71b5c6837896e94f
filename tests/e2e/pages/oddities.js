// Pages that are unlike others, by name: what is done before the snippet is there, and after.

const policy = (content) => document.write(`<meta http-equiv="Content-Security-Policy" content="${content}">`)
/** A page's own `fetch`, which expects an address in text and a plain init; what it throws there is `seen`. */
const wrapped = (look) => {
  const real = window.fetch
  window.fetch = function (url, init) {
    seen.called = true
    try {
      look(url, init)
    } catch (error) {
      seen.trouble += error + "; "
    }
    return real.call(window, url, init)
  }
}
const seen = { called: false, trouble: "" }
const TRUSTED = "require-trusted-types-for 'script'"

const BEFORE = {
  "string-starts-with": () => wrapped((url) => url.startsWith("http")),
  "string-split": () => wrapped((url) => url.split("?")[0].split("/").length),
  "string-match": () => wrapped((url) => url.match(/^https?:/)[0]),
  "string-index-of": () => wrapped((url) => url.indexOf("/api/")),
  "string-replace": () => wrapped((url) => url.replace("http:", "https:").toLowerCase()),
  "string-type": () => wrapped((url) => { if (typeof url !== "string") throw new Error("a " + typeof url) }),
  "string-url": () => wrapped((url) => new URL(url).pathname.length),
  "init-headers-optional": () => wrapped((_, init) => init.headers?.x),
  "init-headers-spread": () => wrapped((_, init) => ({ ...init.headers, "x-trace": "1" })),
  "init-headers-made": () => wrapped((_, init) => new Headers(init.headers).get("x")),
  "init-method": () => wrapped((_, init) => init.method.toUpperCase()),
  "init-body": () => wrapped((_, init) => init.body.length + JSON.parse(init.body).batch.length),
  "init-copied": () => wrapped((_, init) => Object.assign({}, init, { signal: null })),
  "init-listed": () => wrapped((_, init) => { for (const name in init) if (init[name] === undefined) void name; return Object.keys(init).length }),
  "init-written": () => wrapped((_, init) => { init.credentials = init.credentials || "same-origin"; init.headers = init.headers || {} }),
  "init-text": () => wrapped((_, init) => JSON.stringify(init)),
  "init-in-request": () => wrapped((url, init) => new Request(url, init).url.length),
  "request-made": () => {
    const real = window.fetch
    window.fetch = (url, init) => { seen.called = true; return real(new Request(url, init)) }
  },
  "answer-read": () => {
    const real = window.fetch
    window.fetch = async (...all) => {
      seen.called = true
      const answer = await real(...all)
      if (answer.type !== "opaqueredirect") await answer.clone().json().catch(() => {})
      return answer
    }
  },
  "answer-wrapped": () => {
    const real = window.fetch
    window.fetch = (...all) => { seen.called = true; return real(...all).then((answer) => new Proxy(answer, { get: (one, name) => (typeof one[name] === "function" ? one[name].bind(one) : one[name]) })) }
  },

  "trusted-nothing-said": () => policy(TRUSTED),
  "trusted-passerby": () => policy(TRUSTED + "; trusted-types passerby"),
  "trusted-others": () => policy(TRUSTED + "; trusted-types passerby app dompurify"),
  "trusted-any": () => policy(TRUSTED + "; trusted-types *"),
  "trusted-twice": () => policy(TRUSTED + "; trusted-types passerby 'allow-duplicates'"),
  "trusted-none": () => policy(TRUSTED + "; trusted-types 'none'"),
  "trusted-another": () => policy(TRUSTED + "; trusted-types app"),
  "trusted-default": () => {
    policy(TRUSTED + "; trusted-types default passerby")
    trustedTypes.createPolicy("default", { createScriptURL: (url) => url })
  },
  "trusted-taken": () => {
    policy(TRUSTED + "; trusted-types passerby")
    trustedTypes.createPolicy("passerby", { createScriptURL: (url) => url })
  },

  "debug-left-behind": () => {
    // No answer is ever heard by the first page; the second takes over what it has left, the third finds an emptied queue.
    if (!sessionStorage.n) window.fetch = () => new Promise(() => {})
  },
}
/** Locks are another process's to give: by then what a page has left, or the page's own queue, may be gone. */
BEFORE["debug-slow-locks"] = () => {
  const real = LockManager.prototype.request
  LockManager.prototype.request = function (...all) {
    return new Promise((done, failed) => own.later(() => real.apply(this, all).then(done, failed), 600))
  }
}
BEFORE["debug-left-behind-twice"] = BEFORE["debug-left-behind"]

/** Load it again so often, each time after a while; says whether this was the last. */
const again = (times) => {
  const n = Number(sessionStorage.n || 0)
  sessionStorage.n = n + 1
  if (n < times) location.reload()
  return n >= times
}
const AFTER = {
  "debug-reloaded": () => again(2),
  "debug-left-behind": () => again(1),
  "debug-left-behind-twice": () => again(2),
  "debug-identified": () => { passerby.identify("user-7", { plan: "free" }); passerby.group("company-3"); passerby.reset() },
  "debug-routes": async () => { history.pushState({}, "", "/one"); await rest(900); history.replaceState({}, "", "/two") },
  "debug-consent": () => passerby.consent("granted"),
  "debug-withdrawn": () => passerby.consent("denied"),
  "debug-page": () => passerby.page("Extra", { n: 1 }),
}

if (BEFORE[named]) BEFORE[named]()
const debugged = () => {
  const { trace } = passerby.debug()
  return trace.filter(({ code }) => code === "error").map(({ detail }) => String(detail))
}
/** Behind the snippet. */
const act = () => {
  window.passerby && passerby.track && passerby.track("called", { n: 1 })
  addEventListener("load", async () => {
    await rest(1200)
    if (AFTER[named] && (await AFTER[named]()) === false) return
    if (named.startsWith("debug")) {
      await rest(900)
      seen.errors = debugged()
    }
    tell(seen)
  })
}
