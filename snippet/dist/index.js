const installCore = (__PASSERBY__) => {
(()=>{var e,t,r,n,i=[],a=(e,t)=>{i.push({at:new Date,code:e,detail:t}),i.length>50&&i.shift()},o=t=>{try{return t()}catch(t){e!==(e=""+t)&&a("error",e)}},s=[],l=(e,t)=>s.push([e,t]),d=(e,t)=>s.forEach(([r,n])=>r===e&&o(()=>n(t))),{parse:c,stringify:u}=JSON,p=e=>e&&"object"==typeof e&&!Array.isArray(e)?e:{},h=/^([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object]|nan|none|null|unknown)$/i,g=e=>{let t=/string|number/.test(typeof e)?(""+e).trim():"",r=t.replace(/^(["'])([^]*)\1$/,"$2").trim();return h.test(r)||t.length>255||/\0/.test(t)||!o(()=>encodeURIComponent(t))?"":t},f=(e,t)=>{a(e,t),d("refused",{code:e,detail:t})},m=document.referrer,y=()=>t?t[0]:{url:location.href,title:document.title,referrer:m},w=e=>{let t=[...new URLSearchParams(e)].flatMap(([e,t])=>{let[r,n]=/^(?:utm_(\w+)|\w+clk?id|[gw]braid|li_fat_id)$/.exec(e)||[];return r&&t?[["campaign"===n?"name":n||e,t]]:[]});return t[0]&&Object.fromEntries(t.reverse())},v=()=>{let e=o(()=>crypto.getRandomValues(new Uint8Array(20)))||[],t="0"+Date.now().toString(16);for(let r=0;r<20;r++)t+=(15&(e[r]??16*Math.random())).toString(16);return t.replace(/(.{8})(.{4}).(...).(...)/,"$1-$2-7$3-8$4-")},b=0,_=e=>b+=e,S=()=>{let e=b;return b=0,e},$=__PASSERBY__,k=e=>$.h?e:e.split("#")[0],I="0.1.0",{globalPrivacyControl:D,doNotTrack:M}=navigator,j=D||"1"===M?$.g:"ignore",E="null"===window.origin||"cookieless"===j,x=e=>(o(()=>document.cookie)||"").split("; ").flatMap(t=>t.startsWith(e+"=")&&t.slice(e.length+1)||[]),R=e=>o(()=>localStorage.getItem(e))||"",q=(e,t)=>!!o(()=>(t?localStorage.setItem(e,t):localStorage.removeItem(e),!0)),A=e=>(o(()=>Object.keys(localStorage))||[]).filter(t=>t.startsWith(e)),U=(e,t)=>e===t||e.endsWith("."+t),O=(e,t,r)=>{let n=t?3456e4:0,i="https:"===location.protocol?"; Secure":"";return o(()=>document.cookie=`${e}=${t}; Path=/; SameSite=Lax; Max-Age=${n}${r&&"; Domain="+r}${i}`),x(e).includes(t)},L="passerby_p",P=(e,t)=>(r??(r=$.x?((e,t)=>{if(/^([\d.]+|[^.]+)$/.test(e))return"";let r=e.split("."),n=r.map((e,t)=>r.slice(-2-t).join("."));return t.find(t=>U(e,t))||n.find(e=>O(L,"1",e)&&!O(L,"",e))||""})(location.hostname,$.d):""),O(e,t,r)||O(e,t,"")||q(e,t)),B=$.c,C=B+"_id",N=[],T=[],W="",z=!1,J={},K=(e="")=>{let[,t,r=""]=/^([\da-f]{8}(?:-[\da-f]{4}){4}[\da-f]{8})(?:\.(.+))?$/i.exec(e)||[];return t?{id:t,user:o(()=>decodeURIComponent(r))||""}:void 0},V=({id:e,user:t})=>e+(t&&"."+encodeURIComponent(t)),Y=e=>parseInt(e.replace("-","").slice(0,12),16),F=(e,t)=>e.id+!e.user<t.id+!t.user?e:t,G=e=>{n=e,!E&&(z=P(B,V(e)),q(B,V(e)))},H=e=>{T.push(e),N=[],W="",J={}},Q=()=>{let e=E?[]:x(B),t=e.map(K).filter(Boolean),r=!z&&n,i=(t[0]?t.reduce(F):!E&&(K(x(C)[0])||K(R(B))))||r||{id:v(),user:""},a=n;return a?((e,t)=>{(e.user||!(Math.abs(Y(e.id)-Y(t.id))<5e3))&&e.id!==t.id&&H(e.id)})(a,i):E||(W=R(B)),N.includes(i.id)||N.push(i.id),n=i,e[1]&&O(B,"",""),(!a||e[1]||e[0]!==V(i))&&G(i),a&&V(a)!==V(i)&&d("identity"),i},X=e=>{H(Q().id),P(C,""),G({id:v(),user:e})},Z=()=>{let{id:e,user:t}=Q(),r=(E?[]:[x(C)[0],W]).map(K).flatMap(e=>e&&(!e.user||e.user===t)?e.id:[]);return[...new Set([e,...N,...r])].filter(e=>!T.includes(e)).slice(0,5)},ee=e=>new Blob([e]).size,te=$.c+"_consent",re=()=>{let e=(e=>x(e)[0]||R(e))(te);return"off"===j||"denied"===e?"opted_out":$.q&&"granted"!==e?"no_consent":""},ne=(e,t,r,n)=>t.split(" ").forEach(t=>e.addEventListener(t,e=>o(()=>r(e)),n)),{href:ie,origin:ae,hostname:oe}=new URL("v1/batch",$.u||document.currentScript?.src||location.origin),se=ae===location.origin||$.d.some(e=>U(location.hostname,e)&&U(oe,e)),le=!E&&se?"include":"omit",de=async e=>{let t=await e.text();return[e.status,Number(e.headers.get("Retry-After")),o(()=>c(t).rotate)]},ce=$.c+"_q",ue=ce+v(),pe=[],he=[],ge=0,fe={},me=0,ye=1/0,we=0,ve=!1,be=!1,_e=!1,Se=1/0,$e=()=>{_e=!E&&q(ue,pe[0]?[be?0:Date.now(),...pe].join("\n"):"")},ke=()=>{for(;pe.join().length>262144;)_(1+(c(pe.shift()).context.dropped||0));$e()},Ie=e=>{let t=Date.now(),r=Math.max(t+e,we);Se<=r||(Se=r,setTimeout(o,r-t,qe))},De=(e,t)=>e.filter(e=>!t.includes(e)),Me=e=>fe[e]||e,je=()=>{let e=Math.min(59700,64e3-ge);return De(pe,he).filter((t,r)=>r<ye&&(e-=ee(Me(t))+1)>0)},Ee=async e=>{let t=`{"batch":[${e.map(Me)}],"sentAt":"${(new Date).toISOString()}","writeKey":${u($.k)}}`,r=ee(t);he=he.concat(e),ge+=r;let n=await(async e=>{try{return await fetch(ie,{body:e,credentials:le,keepalive:!0,method:"POST"}).then(de).catch(()=>[0])}catch{return[navigator.sendBeacon(ie,e)?200:0]}})(t);ge-=r,((e,[t,r,n])=>{let i=[200,400,401,403,413].includes(t);if(a("answer",[t,e.length]),he=De(he,e),413===t&&e[1])ye=e.length/2;else if(i)pe=De(pe,e),me=we=0,200===t?(ye=1/0,d("sent",e.length),d("rotate",n)):f("http_"+t,e.length);else{let e=Math.min(6e4,1e3*2**me++)*(.5+Math.random()/2);we=Date.now()+Math.max(e,1e3*r||0)}$e(),pe[0]&&Ie(0)})(e,n)},xe=()=>{A(ce).forEach(e=>{let[t,...r]=R(e).split("\n");e!==ue&&Math.abs(Date.now()-Number(t))<9e4||(q(e,""),pe=r.filter(e=>!pe.includes(e)&&o(()=>c(e).messageId)).concat(pe))}),ke()},Re=()=>{ve=!0,qe()},qe=e=>{if(Se=1/0,re())return Ae();for(pe[0]&&Q();e||ve&&!he[0];){let t=je();if(!t[0])return;if(!e&&Date.now()<we)return Ie(0);Ee(t)}},Ae=()=>{pe[0]&&(pe=[],$e())};ne(window,"online",()=>{we=0,qe()});var Ue,Oe=(e,r,n)=>{let i=re(),s=i||((e,r)=>{let{id:n,user:i}=Q(),a=y(),{href:o,pathname:s,search:l}=new URL(k(a.url)),d={path:s,referrer:a.referrer,search:l,title:""+a.title,url:o},c=a.canonical||document.querySelector("link[rel=canonical]")?.href;return{type:e,messageId:v(),timestamp:new Date(t?t[1]:Date.now()).toISOString(),anonymousId:n,userId:i||void 0,...r,properties:"page"===e?{...d,...r.properties}:r.properties,context:{anonymousIds:"identify"===e?Z():void 0,page:{...d,canonical:c===o?void 0:c},campaign:w(l),locale:navigator.language,library:{name:"passerby.js",version:I},storage:z?void 0:"memory",dropped:S()||void 0,actor:J.actor}}})(e,r),l=o(()=>u(s))||"",c=i||(l?ee(l)>59e3&&"too_large":"not_json");return c?f(c,e):(((e,t,r)=>{r&&(fe[e]=e.slice(0,-2)+`,"token":"${encodeURI(r)}"}}`),pe.push(e),ke(),Ie(t)})(l,"page"===e?0:250,n),a(e,r),d("event",s)),!c},Le=(e="")=>{P($.c+"_m",""),X(e),d("reset"),d("identity")},Pe=[],Be=e=>{let[t,r,n]=p(e[0])===e[0]?[,...e]:e,i=Q().user,a=g(t);if(!(a||null==t&&r))return f("illegal_id",t);a&&i&&i!==a?Le(a):a&&(e=>{G({id:Q().id,user:e})})(a);let s=p(r),l=p(n);l.actor!==J.actor&&(Pe=[]),(e=>{J=e})(l);let c=o(()=>u([Q(),s,!l.token]));Pe.includes(c)||!Oe("identify",{traits:s},l.token)||(Pe.push(c),i!==Q().user&&d("identity"),d("identify",Q()))},Ce="__passerby",Ne="",Te=()=>k(location.href),We=()=>{let e=Te();Ne&&Ne!==e&&(e=>{m=e})(Ne),Ne=e,Oe("page",{})},ze=()=>{Te()!==Ne&&(We(),d("route"))},Je=()=>setTimeout(ze,0),Ke=e=>{let t=history[e];if(t[Ce])return;let r=function(...e){let r=t.apply(this,e);return Je(),r};r[Ce]=!0,history[e]=r},Ve=!1,Ye=()=>{re()||(Ve=!0,be&&_e&&(pe=[]),be=!1,E?Re():navigator.locks?navigator.locks.request(ce,{ifAvailable:!0},e=>e&&xe()).then(Re,Re):(xe(),Re()),We(),d("begin"))},Fe=()=>{Ve=!1,H(""),n=void 0,[B,C,B+"_m",...A(B+"_q")].forEach(e=>{P(e,"")}),qe(),d("identity")},Ge=()=>{re()?Ve&&Fe():Ve?Q():Ye()};l("begin",()=>Ue&&Be(Ue));var He={page([e,t]){Oe("page","string"==typeof e?{name:e,properties:p(t)}:{properties:p(e)})},track([e,t]){"string"==typeof e&&e?Oe("track",{event:e,properties:p(t)}):f("event_name",e)},identify(e){let t=re();if(!t)return Be(e);Ue=e,f(t,"identify")},group([e,t]){let r=g(e);r?Oe("group",{groupId:r,traits:p(t)}):f("illegal_id",e)},reset(){Ue=void 0,re()||Le()},consent([e]){"granted"===e||"denied"===e?(e=>{(e=>{P(te,e)})(e),"denied"===e&&Fe(),Ge()})(e):f("consent_value",e)},on:([e,t])=>l(e,t),ready:([e])=>e(),id:()=>re()?void 0:Q().id,debug(){let e=re(),t={version:I,refusal:e,visitor:e||Q(),waiting:pe.length,trace:i};return d("debug",t),console.log(t),t}},Qe=e=>{let{id:t,user:r}=Q();if(!e?.includes(t))return;let n=J;X(r),r&&Be([r,{},n])},Xe=({type:e,persisted:t})=>{Ge(),ze(),"pagehide"===e?(be=!0,qe(!0),$e()):document.hidden?qe(!0):"pageshow"===e&&t&&Ye()},Ze=()=>{"opted_out"===re()&&Fe(),ne(window,"popstate hashchange",Je),Ke("pushState"),Ke("replaceState"),Ge(),l("rotate",Qe),ne(window,"focus storage visibilitychange pageshow pagehide",Xe)};((...e)=>{let r=window,n=r.passerby;if(n?.v)return;let i=n?.q?n:{q:[]},a=i.q,s=([e,r,n,i])=>((n,i)=>{t=[n,i],o(()=>He[e](r)),t=void 0})(n,i),l=!1;Object.keys(He).forEach(e=>{i[e]=(...t)=>l?o(()=>He[e](t)):void a.push([e,t,y(),Date.now()])}),i.v=I,r.passerby=i;let d=()=>{l=!0,o(Ze),a.forEach(s),a.push=s,e.forEach(o)};document.prerendering?document.addEventListener("prerenderingchange",d):d()})()})();
};
var isText = (value) => typeof value === "string" && !!value;
var isAddress = (value) => isText(value) && /^(https?:\/)?\/\S/.test(value);
var TEXT = [isText, "a text that is not empty"];
var ADDRESS = [isAddress, "an address: https://... or a path from the root of the host, /..."];
var YES_OR_NO = [(value) => typeof value === "boolean", "true or false"];
var DOMAINS = [(value) => Array.isArray(value) && value.every(isText), "a list of domains"];
var SIGNALS = [(value) => ["cookieless", "off", "ignore"].includes(value), '"cookieless", "off" or "ignore"'];
var LOAD = { src: ADDRESS, nonce: TEXT, integrity: TEXT };
var INIT = {
  writeKey: TEXT,
  ingest: ADDRESS,
  domains: DOMAINS,
  cookieName: TEXT,
  crossSubdomain: YES_OR_NO,
  privacySignals: SIGNALS,
  consentRequired: YES_OR_NO,
  hashPages: YES_OR_NO
};
var check = (call, given, rules, needed) => {
  const options = { ...given };
  const fail = (name, fault) => {
    throw new TypeError(`passerby ${call}(): ${name} ${fault}`);
  };
  Object.keys(options).forEach((name) => Object.keys(rules).includes(name) || fail(name, "is no option"));
  Object.entries(rules).forEach(([name, [fits, wanted]]) => {
    const isLeftOut = options[name] === void 0 && !needed.includes(name);
    if (!isLeftOut && !fits(options[name])) fail(name, `must be ${wanted}`);
  });
};
var checkLoad = (options) => check("load", options, LOAD, ["src"]);
var checkInit = (options) => check("init", options, INIT, ["writeKey", "ingest"]);
var configOf = (options) => ({
  k: options.writeKey,
  d: options.domains ?? [],
  c: options.cookieName ?? "passerby",
  x: options.crossSubdomain ?? true,
  g: options.privacySignals ?? "cookieless",
  q: options.consentRequired ?? false,
  h: options.hashPages ?? false,
  u: new URL(options.ingest.replace(/\/?(v1\/batch)?$/, "/"), document.baseURI).href
});

var METHODS = ["page", "track", "identify", "group", "reset", "consent", "on", "ready", "id", "debug"];
var each = (act) => Object.fromEntries(METHODS.map((name) => [name, (...args) => act(name, args)]));
var nobody = () => each(() => {
});
var isBrowser = () => typeof document !== "undefined";
var present = () => {
  const found = window.passerby;
  return found?.q && found;
};
var recorder = () => {
  const q = [];
  const record = (name, args) => {
    q.push([name, args, { url: location.href, title: document.title, referrer: document.referrer }, Date.now()]);
  };
  return Object.assign(each(record), { q });
};
var trusted = (url) => {
  const { trustedTypes } = window;
  return trustedTypes ? trustedTypes.createPolicy("passerby", { createScriptURL: (same) => same }).createScriptURL(url) : url;
};
var addScript = ({ src, nonce, integrity }) => {
  const script = document.createElement("script");
  script.async = true;
  if (nonce) script.nonce = nonce;
  if (integrity) {
    script.integrity = integrity;
    script.crossOrigin = "anonymous";
  }
  script.src = trusted(src);
  document.head.appendChild(script);
};
var load = (options) => {
  checkLoad(options);
  if (!isBrowser()) return nobody();
  const found = present();
  if (found) return found;
  const passerby = window.passerby = recorder();
  try {
    addScript(options);
  } catch (error) {
    console.error(error);
  }
  return passerby;
};
var init = (options) => {
  checkInit(options);
  if (!isBrowser()) return nobody();
  if (!present()?.v) installCore(configOf(options));
  return window.passerby;
};
export {
  init,
  load
};
