/** Moves by `transform` only, so that nothing of the page shifts; `all: initial` against whatever the page says of `div`. */
export const styles = `
:host{all:initial!important;display:block!important}
*{box-sizing:border-box}
section{--b:#fff;--f:#1b1c1f;--a:#1d5bd6;--t:#fff;position:fixed;left:0;right:0;z-index:2147483000;display:flex;flex-wrap:wrap;align-items:center;justify-content:center;gap:12px 20px;max-height:80vh;overflow:auto;padding:14px 56px 14px 20px;background:var(--bg,var(--b));color:var(--fg,var(--f));font:16px/1.45 system-ui,sans-serif;overflow-wrap:anywhere;box-shadow:0 0 24px #0003;animation:up .25s ease-out}
.bottom{bottom:0;padding-bottom:max(14px,env(safe-area-inset-bottom))}
.top{top:0;animation-name:down}
.dark{--b:#1d1e22;--f:#f3f3f4;--a:#8cb4ff;--t:#101216;color-scheme:dark}
p{margin:0}
.text{max-width:var(--width,640px)}
.text a{color:inherit}
.title{font-weight:600}
.actions{display:flex;flex-wrap:wrap;gap:10px}
.button{font:inherit;cursor:pointer;border-radius:var(--radius,6px);padding:7px 14px;border:1px solid;background:0 0;color:inherit;text-decoration:none}
.primary{background:var(--accent,var(--a));border-color:var(--accent,var(--a));color:var(--accent_fg,var(--t))}
.link{border-color:#0000;text-decoration:underline}
.close{position:absolute;top:8px;right:10px;width:36px;height:36px;padding:0;border-color:#0000;font-size:22px;line-height:1}
:focus-visible{outline:2px solid;outline-offset:2px}
.status{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@keyframes up{from{transform:translateY(100%)}}
@keyframes down{from{transform:translateY(-100%)}}
@media(prefers-reduced-motion:reduce){section{animation:none}}
@media print{section{display:none}}
`
