/**
 * Moves by `transform` only, so that nothing of the page shifts; `all: initial` against whatever the page says of `div`, and
 * the browser of a popover, and custom properties that are not the page's of the same names. Height in percent of the viewport:
 * its units grow where a page is zoomed.
 */
export const styles = `
:host{all:initial!important;display:block!important}
*{box-sizing:border-box}
section{--bg:#fff;--fg:#1b1c1f;--accent:#1d5bd6;--on:#fff;--from:100%;position:fixed;left:0;right:0;z-index:2147483000;display:flex;flex-wrap:wrap;align-items:center;justify-content:center;gap:12px 20px;max-height:80%;overflow:auto;padding:14px 56px 14px 20px;background:var(--bg);color:var(--fg);font:16px/1.45 system-ui,sans-serif;overflow-wrap:anywhere;box-shadow:0 0 24px #0003;animation:in .25s ease-out}
.bottom{bottom:0;padding-bottom:max(14px,env(safe-area-inset-bottom))}
.top{top:0;--from:-100%}
.dark{--bg:#1d1e22;--fg:#f3f3f4;--accent:#8cb4ff;--on:#101216;color-scheme:dark}
p{margin:0}
.text{max-width:640px}
.text a{color:inherit}
.title{font-weight:600}
.actions{display:flex;flex-wrap:wrap;gap:10px}
.button{font:inherit;cursor:pointer;border-radius:6px;padding:7px 14px;border:1px solid;background:0 0;color:inherit;text-decoration:none}
.primary{background:var(--accent);border-color:var(--accent);color:var(--on)}
.link{border-color:#0000;text-decoration:underline}
.close{position:absolute;top:8px;right:10px;width:36px;height:36px;padding:0;border-color:#0000;font-size:22px;line-height:1}
:focus-visible{outline:2px solid;outline-offset:2px}
.status{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@keyframes in{from{transform:translateY(var(--from))}}
@media(prefers-reduced-motion:reduce){section{animation:none}}
@media print{section{display:none}}
`
