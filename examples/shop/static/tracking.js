// All that the shop's own code knows of the tracking: window.passerby may be there, may come later, or may never come.

export function withPasserby(use) {
  const now = window.passerby;
  if (now) return use(now);
  // A snippet without inline code defines it only once its script has loaded, which is before the page's load event.
  if (document.readyState === "complete") return;
  addEventListener("load", () => {
    const p = window.passerby;
    if (p) use(p);
  }, { once: true });
}
