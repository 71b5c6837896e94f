(function (w, d) {
  var p = w.passerby, s = d.createElement("script"), c = d.currentScript;
  if (p && p.q) return;
  p = w.passerby = p && typeof p == "object" && !p.nodeType ? p : {};
  p.q = [];
  "page track identify group reset consent on ready id debug".split(" ").forEach(function (name) {
    p[name] = function () {
      p.q.push([name, [].slice.call(arguments), { url: location.href, title: d.title, referrer: d.referrer }, Date.now()]);
    };
  });
  s.async = true;{{ integrity }}
  s.src = {{ script_url }};
  if (c && c.nonce) s.nonce = c.nonce;
  d.head.appendChild(s);
})(window, document);
