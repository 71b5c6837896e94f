(function (w, d) {
  try {
    var O = Object, q = [], left, bad, own = function (o, k) {
      try { var x = O.getOwnPropertyDescriptor(o, k); } catch (e) {}
      return x || (bad ? {}.hasOwnProperty.call(o, k) : x);
    }, set = function (o, k, v) {
      try { O.defineProperty(o, k, { __proto__: null, value: v, writable: 1, enumerable: 1, configurable: 1 }); } catch (e) {}
      if (o[k] !== v) o[k] = v;
    }, text = function (k) {
      try { for (var o = d, n = 9, f; n-- ? o = O.getPrototypeOf(o) : 0;) if (f = own(o, k)) if ((f = f.get.call(d)) + "" === f) return f; } catch (e) {}
      return d[k];
    }, copy = function (v, up, depth) {
      try {
        var r = Array.isArray(v) ? [] : {}, n = 0, k, x;
        if (O(v) !== v || depth > 16 || 0 >= left || own(v, "$$typeof")) return v;
        k = {}.toString.call(v);
        if (/(Date|Map|Set)]$/.test(k)) return new v.constructor(v);
        if (v.toJSON !== r.toJSON || k !== {}.toString.call(r)) return v;
        for (x = up; x; x = x.up) if (x.v === v) return x.r;
        for (k in v) if (x = own(v, k)) {
          if (n++ > 3000) break;
          left--;
          try { set(r, k, copy(v[k], { v: v, r: r, up: up }, depth + 1)); } catch (e) { O.defineProperty(r, k, x); }
        }
        return r;
      } catch (e) { return v; }
    }, record = function (name) {
      set(p, name, function () {
        try {
          var a = [], i = 0, c;
          for (left = 5000; arguments.length > i; i++) set(a, i, copy(arguments[i], 0, 0));
          c = [name, a, { url: location.href, title: text("title"), referrer: text("referrer") }];
          try { c[3] = +new Date; } catch (e) {}
          own(q, "push") ? q.push(c) : set(q, q.length, c);
        } catch (e) {}
      });
    }, names = ["page", "track", "identify", "group", "reset", "consent", "on", "ready", "id", "debug"], j = 0, p;
    bad = !own({ a: 1 }, "a");
    p = own(w, "passerby") ? w.passerby : 0;
    if (O(p) !== p) p = {};
    if (own(p, "q")) if (Array.isArray(p.q)) return 1;
    for (; names.length > j; j++) record(names[j]);
    set(p, "q", q);
    set(w, "passerby", p);
  } catch (e) {}
})(window, document)
