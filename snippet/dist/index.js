const installCore = (__PASSERBY__) => {
//# allFunctionsCalledOnLoad
try{let e,t,r,n=[],i=(e,t)=>{let r={at:new Date,code:e,detail:t};return n.push(r),n.length>50&&n.shift(),r},o=t=>{try{return t()}catch(t){e!==(e=""+t)&&i("error",e)}},a=[],s=(e,t)=>a.push([e,t]),l=(e,t)=>a.forEach(([r,n])=>r===e&&o(()=>n(t))),{parse:c,stringify:d}=JSON,u=e=>d(e,[].toJSON&&function(e,t){let r=this[e];return r?.toJSON===[].toJSON?r:t}),p=e=>e&&"object"==typeof e&&!Array.isArray(e)?e:{},h=/^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu,g=e=>{let t=/string|number/.test(typeof e)?(""+e).trim():"";return h.test(t)?"":t},f=(e,t)=>l("refused",i(e,t)),m="",y=()=>t||[{url:location.href,title:""+document.title,referrer:m||document.referrer},Date.now()],w=e=>o(()=>navigator[e]),v=()=>{let e=o(()=>crypto.getRandomValues(new Uint8Array(32)))||[],t="0"+Date.now().toString(16);for(;!t[31];)t+=(15&(e[t.length]??16*Math.random())).toString(16);return t.replace(/(.{8})(.{4}).(...).(...)/,"$1-$2-7$3-8$4-")},S=[],_=__PASSERBY__,b=e=>_.h?e:e.split("#")[0],I="0.1.0",k=(w("globalPrivacyControl")||"1"===w("doNotTrack"))&&_.g,$="null"===window.origin||"cookieless"===k,D=e=>o(()=>document.cookie.split("; ").flatMap(t=>t.startsWith(e+"=")&&t.slice(e.length+1)||[]))||[],j=e=>o(()=>localStorage.getItem(e))||"",M=(e,t)=>!!o(()=>[localStorage[t?"setItem":"removeItem"](e,t)]),E=e=>o(()=>Object.keys(localStorage).filter(t=>t.startsWith(e)))||[],x=(e,t)=>("."+e).endsWith("."+t),O=(e,t,r)=>{let n=(r&&"; Domain="+r)+("https:"===location.protocol?"; Secure":"");return o(()=>document.cookie=`${e}=${t}; Path=/; SameSite=Lax; Max-Age=${t?3456e4:0}${n}`),D(e).includes(t)},q="passerby_p",A=(e,t)=>(r??(r=_.x?"":((e,t)=>{if(!/\.\D/.test(e))return"";let r=e.split("."),n=r.map((e,t)=>r.slice(-2-t).join("."));return t.find(t=>x(e,t))||n.find(e=>O(q,"1",e)&&!O(q,"",e))||""})(location.hostname,_.d)),O(e,t,r)||O(e,t,"")||M(e,t)),R=_.c,T=R+"_id",L="",N="",P=[],U=!1,W={},C=e=>e.flatMap(e=>{let[,t,r]=/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i.exec(e)||[];return t?{id:t,user:o(()=>r&&decodeURIComponent(r))||""}:[]}),J=({id:e,user:t})=>e+(t&&"."+encodeURIComponent(t)),B=e=>parseInt(e.replace("-",""),16),K=(e,t)=>e.id+!e.user<t.id+!t.user?-1:1,V=e=>{N=L=J(e),!$&&(U=A(R,L),M(R,L))},Y=()=>{P=[],W={}},z=()=>{let e=L,t=$?[]:D(R),[r=""]=$?[]:D(T),n=$?"":j(R),i=[n.startsWith(e||r)?n:r,n],o=U?"":e,a=C(t).sort(K)[0]||C([...i,o])[0]||{id:v(),user:""};L=J(a);let s=Math.abs(B(e)-B(L))<5e3&&!e[36];return e?!s&&!e.startsWith(a.id)&&Y():P=i,P=[...new Set([L,...P])],!e&&!$&&(U=M(R,L))||((t[1]||t[0]!==N||N!==L)&&(t[1]&&O(R,"",""),V(a)),e&&e!==L&&l("identity")),a},F=e=>{Y(),A(T,""),V({id:v(),user:e})},G=()=>{let{id:e,user:t}=z(),r=C(P).flatMap(e=>e.user&&e.user!==t?[]:e.id);return[...new Set([e,...r])].slice(0,5)},H=()=>{Y(),L="",[R,T,R+"_m",...E(R+"_q")].forEach(e=>{A(e,"")})};s("sent",()=>D(T).some(e=>e!==z().id)&&A(T,""));let Q,X,Z=e=>e.replace(/[^ -~]/g,"...").length,ee=_.c+"_consent",te="",re=()=>{let e=(e=>D(e)[0]||j(e))(ee)||te;return"off"===k||"denied"===e?"opted_out":_.q&&"granted"!==e?"no_consent":""},ne=(e,t,r,n)=>t.split(" ").forEach(t=>e.addEventListener(t,e=>o(()=>r(e)),n)),ie=document.currentScript,oe=(_.u||ie?.src||location.origin+"/").replace(/[^/]*([?#].*)?$/,"v1/batch"),ae=_.d.some(e=>x(location.hostname,e)&&x(oe.split("/")[2].split(":")[0],e)),se=$?"omit":ae?"include":"same-origin",le=async e=>{let t=await e.text(),r=e.headers.get("Retry-After");return[e.status,1e3*r||Date.parse(r)-Date.now(),o(()=>c(t).rotate)]},ce=_.c+"_q",de=ce+v(),ue=[],pe=[],he={},ge=0,fe=0,me=!1,ye=()=>{for(;Z(ue.join())>262144;)S.length+=1+(c(ue.shift()).context.dropped||0);$||M(de,ue.join("\n"))},we=e=>{X||(X=setTimeout(()=>o(be),Math.min(Math.max(e,fe-Date.now()),6e4)))},ve=(e,t)=>e.filter(e=>!t.includes(e)),Se=e=>e.map(e=>he[e]||e).join(),_e=(e,t)=>o(()=>navigator.locks.request(e,{ifAvailable:!0},e=>e&&t()).catch(t))||t(),be=()=>re()?ke():Ie(),Ie=e=>{X=clearTimeout(X);let t=(()=>{let e=59700-Z(Se(pe));return ve(ue,pe).filter(t=>(e-=Z(Se([t]))+1)>0)})();if(t[0]&&!1!==w("onLine")&&(e||!pe[0])){if(!e&&Date.now()<fe)return we(0);(async(e,t)=>{let r=`{"batch":[${Se(e)}],"sentAt":"${(new Date).toISOString()}","writeKey":"${_.k}"}`;pe=pe.concat(e);let n=(async(e,t)=>await o(()=>fetch(oe,{body:e,credentials:se,keepalive:t,method:"POST"}).then(le).catch(()=>[0]))||[!$&&o(()=>navigator.sendBeacon(oe,e))?200:0])(r,t||!ge);z(),((e,[t,r,n])=>{if(i("answer",[t,e.length]),pe=ve(pe,e),re())return H();if([200,400,401,403,413].includes(t))ue=ve(ue,e),ge=fe=0,Q=Q?.(),200===t?(l("sent",e.length),l("rotate",n)):f("http_"+t,e.length);else{let e=Math.min(6e4,1e3*2**ge++)*(.5+Math.random()/2);(e=>{fe=Date.now()+e,i("waiting",e)})(Math.max(e,r||0)),_e(de,()=>me||new Promise(e=>Q=e))}ye(),we(0)})(e,await n)})(t,e),Ie(e)}},ke=()=>{ue=[],ye()};ne(window,"online",()=>{fe=0,be()});let $e,De=(e,t,r="")=>{let n=re(),a=n||((e,t)=>{let{id:r,user:n}=z(),[i,a]=y(),s=b(i.url),{pathname:l,search:c}=o(()=>new URL(s))||location,d={...i,path:l,search:c,url:s},u=i.canonical||o(()=>document.querySelector("link[rel=canonical]")?.href);return{type:e,messageId:v(),timestamp:new Date(a).toISOString(),anonymousId:r,userId:n||void 0,...t,properties:"page"===e?{...d,...t.properties}:t.properties,context:{anonymousIds:"identify"===e?G():void 0,page:{...d,canonical:u===s?void 0:u},locale:w("language"),library:{name:"passerby.js",version:I},storage:U?void 0:"memory",dropped:S.splice(0).length||void 0,actor:W.actor,groupId:W.groupId}}})(e,t),s=o(()=>u(a))||"",c=n||(s?Z(s+r)>59e3&&"too_large":"not_json");return c?f(c,e):(((e,t,r)=>{r&&(he[e]=e.slice(0,-2)+`,"token":"${encodeURI(r)}"}}`),ue.push(e),t?we(t):Ie(),ye()})(s,"page"===e?0:250,r),i(e,t),l("event",a)),!c},je=(e="")=>{A(_.c+"_m",""),F(e),l("reset"),l("identity")},Me="",Ee=e=>{let[t,r,n]=p(e[0])===e[0]?[,...e]:e,i=z().user,a=g(t);if(!(a||null==t&&r))return f("illegal_id",t);a&&i&&i!==a?je(a):a&&(e=>{V({id:z().id,user:e})})(a);let s=p(r),c={groupId:W.groupId,...p(n)};(e=>{W=e})(c);let d=o(()=>u([z(),s,c.actor])),h=d+!c.token;Me===h||Me===d+!1||!De("identify",{traits:s},c.token)||(Me=h,i!==z().user&&l("identity"),l("identify",z()))},xe="__passerby",Oe="",qe=()=>{let e=location.href.replace(/([?&])(?:passerby_(?:link|handoff)=[^&#]*(&?))+/g,(e,t,r)=>r&&t);e!==location.href&&(Oe=b(e),o(()=>history.replaceState(history.state,"",e)))},Ae=e=>{let t=b(location.href);t===Oe&&!e||(t!==Oe&&(m=Oe),Oe=t,De("page",{})&&qe(),e||l("route"))},Re=()=>setTimeout(()=>o(Ae),16),Te=e=>{let t=history[e];if(t[xe])return;let r=function(...e){let r=t.apply(this,e);return o(Re),r};r[xe]=!0,o(()=>history[e]=r)},Le="no_consent",Ne=e=>{let t=Le;Le=re(),Le?Le!==t&&(H(),ke(),qe(),l("identity")):t||e?(me=!1,pe=[],$||setTimeout(()=>E(ce).forEach(e=>_e(e,()=>(e=>{let t=j(e).split("\n");M(e,""),ue=[...new Set(t.concat(ue))].filter(e=>o(()=>c(e).messageId)),ye(),we(0)})(e))),0),Ae(!0),l("begin")):z()};s("begin",()=>{$e&&Ee($e),$e=void 0});let Pe={page(e,t){De("page","string"==typeof e?{name:e,properties:p(t)}:{properties:p(e)})},track(e,t){"string"==typeof e&&e?De("track",{event:e,properties:p(t)}):f("event_name",e)},identify(...e){let t=re();if(!t)return Ee(e);$e=e,f(t,"identify")},group(e,t){let r=g(e);if(!r)return f("illegal_id",e);De("group",{groupId:r,traits:p(t)})&&(W.groupId=r)},reset(){$e=void 0,re()||je()},consent(e){"granted"===e||"denied"===e?(e=>{(e=>{A(ee,te=e)})(e),Ne()})(e):f("consent_value",e)},on:s,ready:e=>e(),id:()=>re()?void 0:z().id,debug(){let e=re(),t={version:I,refusal:e,visitor:e||z(),waiting:ue.length,trace:n};return l("debug",t),console.log(t),t}},Ue=e=>{let{id:t,user:r}=z();if(!e?.includes(t))return;let n=W;F(r),r&&Ee([r,{},n])},We=({type:e,persisted:t})=>{Ne(t&&"pageshow"===e),Ae(),"pagehide"===e?(me=!0,Ie(!0),Q=Q?.()):document.hidden&&Ie(!0)},Ce=()=>{Ne(),ne(window,"popstate hashchange",Re),Te("pushState"),Te("replaceState"),s("rotate",Ue),ne(window,"focus storage visibilitychange pageshow pagehide",We)};((...e)=>{let r=window,n=r.passerby,i=n&&!n.nodeType?n:{};if(i.q&&i.v)return;let a=i.q=i.q||[],s=([e,r,n,i])=>((n,i)=>{t=[n,i];let a=o(()=>Pe[e](...r));return t=void 0,a})(n,i),l=e=>{a.push(e)};Object.keys(Pe).forEach(e=>{i[e]=(...t)=>l([e,t,...y()])}),i.v=I,r.passerby=i;let c=()=>{l=s,o(Ce),a.forEach(s),a.push=s,e.forEach(o)};document.prerendering?document.addEventListener("prerenderingchange",c):(async e=>{await 0,e()})(c)})()}catch{}
};
var isText = (value) => typeof value === "string" && !!value;
var isAddress = (value) => isText(value) && /^(https?:\/)?\/\S/.test(value);
var isKey = (value) => isText(value) && !/^[sp]k_/.test(value);
var isDomain = (value) => typeof value === "string" && /^[\w-]+(\.[\w-]+)*$/.test(value);
var isName = (value) => typeof value === "string" && /^[\w.-]+$/.test(value);
var KEY = [isKey, "the write_key of the site; its other keys have no place in a page"];
var NAME = [isName, "a name for cookies: letters, digits, dots, dashes and underscores"];
var TEXT = [isText, "a text that is not empty"];
var ADDRESS = [isAddress, "an address: https://... or a path from the root of the host, /..."];
var YES_OR_NO = [(value) => typeof value === "boolean", "true or false"];
var DOMAINS = [(value) => Array.isArray(value) && value.every(isDomain), "a list of domains, like shop.example"];
var SIGNALS = [(value) => ["cookieless", "off", "ignore"].includes(value), '"cookieless", "off" or "ignore"'];
var LOAD = { src: ADDRESS, nonce: TEXT, integrity: TEXT };
var INIT = {
  writeKey: KEY,
  ingest: ADDRESS,
  domains: DOMAINS,
  cookieName: NAME,
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
  x: options.crossSubdomain === false,
  g: options.privacySignals === "ignore" ? false : options.privacySignals ?? "cookieless",
  q: options.consentRequired,
  h: options.hashPages,
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
