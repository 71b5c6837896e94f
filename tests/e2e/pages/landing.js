// Pages that clean their address, by "WHAT-WHEN" or by name: as sites and their other scripts do, with no thought of us.

const LANDED = location.href
/** The present address without parameters of these names, in the text of all others. */
const without = (names) => {
  const url = new URL(location.href)
  const left = url.search.slice(1).split("&").filter((one) => !names.test(one.split("=")[0]))
  url.search = left.length ? "?" + left.join("&") : ""
  return url
}
/** The same by URLSearchParams, which writes all others anew: `a%20b` becomes `a+b`, `flag` becomes `flag=`. */
const serialized = (names, more = () => {}) => {
  const url = new URL(location.href)
  for (const name of [...url.searchParams.keys()]) if (names.test(name)) url.searchParams.delete(name)
  more(url.searchParams)
  return url
}
const bare = (url, ...parts) => {
  for (const part of parts) url[part] = ""
  return url
}
const WHAT = {
  utm: () => without(/^utm_/),
  clicks: () => without(/^(gclid|fbclid)$/),
  ref: () => without(/^(ref|q)$/),
  all: () => bare(new URL(location.href), "search"),
  fragment: () => bare(new URL(location.href), "hash"),
  everything: () => bare(new URL(location.href), "search", "hash"),
  serialized: () => serialized(/^utm_/),
  sorted: () => serialized(/^utm_/, (parameters) => parameters.sort()),
}
const clean = (what) => history.replaceState(history.state, "", WHAT[what]())
const loaded = (act, ms = 0) => addEventListener("load", () => own.later(act, ms))
const WHEN = {
  before: (act) => act(),
  behind: () => {},
  ready: (act) => addEventListener("DOMContentLoaded", act),
  load: (act) => addEventListener("load", act),
  late: (act) => loaded(act, 300),
}
const replaced = (url) => history.replaceState({}, "", url)

const OTHERS = {
  "by-navigate": () => {
    navigation.addEventListener("navigate", (event) => event.intercept({ handler: async () => {} }), { once: true })
    loaded(() => navigation.navigate(WHAT.utm().href, { history: "replace" }))
  },
  "in-steps": () => {
    WHEN.before(() => replaced(without(/^fbclid$/)))
    WHEN.ready(() => replaced(without(/^utm_/)))
    WHEN.late(() => replaced(bare(new URL(location.href), "search")))
  },
  "moved-before": () => replaced("/moved" + location.search),
  "moved-before-and-cleaned": () => replaced("/moved"),
  "changed-before": () => replaced("?lang=en"),
  "moved-late": () => loaded(() => replaced("/moved"), 900),
  "added-late": () => loaded(() => replaced(location.search + "&tab=1"), 900),
  "pushed-late": () => loaded(() => history.pushState({}, "", location.pathname), 900),
  "consent": () => {
    WHEN.ready(() => clean("all"))
    loaded(() => passerby.consent("granted"), 400)
  },
}

const [what, when] = named.split("-")
if (OTHERS[named]) OTHERS[named]()
else WHEN[when](() => clean(what))
/** At the end of the page, behind the snippet. */
const behind = () => when === "behind" && clean(what)

addEventListener("load", async () => {
  await rest(2000)
  const { href } = location
  // A real change of the page.
  history.pushState({}, "", "/next")
  document.title = "Next"
  await rest(900)
  tell({ landed: LANDED, cleaned: href !== LANDED })
})
