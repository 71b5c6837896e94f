(function (w, d) {
  if ({{ queue }}) return;
  try {
    var ofPage = function (k) {
      for (var o = d, n = 9, f; n-- ? o = Object.getPrototypeOf(o) : 0;) if (f = Object.getOwnPropertyDescriptor(o, k)) return f.get ? f.get.call(d) : f.value;
      return d[k];
    };
    var s = ofPage("createElement").call(d, "script"), c = ofPage("currentScript"), u = {{ script_url }};
    s.async = true;{{ integrity }}
    if (c) if (c.nonce) s.nonce = c.nonce;
    try {
      u = w.trustedTypes.createPolicy("passerby", { __proto__: null, createScriptURL: function (same) { return same; } }).createScriptURL(u);
    } catch (e) {}
    s.src = u;
    ofPage("head").appendChild(s);
  } catch (e) {
    try {
      console.error('Passerby: its script was not loaded. Under Trusted Types, allow its policy ("trusted-types passerby"), or paste another form.', e);
    } catch (e) {}
  }
})(window, document);
