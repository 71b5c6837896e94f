const installCore = (__PASSERBY__) => {
try{(()=>{var e,t,r,n=[],i=(e,t)=>{let r={at:new Date,code:e,detail:t};return n.push(r),n.length>50&&n.shift(),r},o=t=>{try{return t()}catch(t){e!==(e=""+t)&&i("error",e)}},a=[],s=(e,t)=>a.push([e,t]),l=(e,t)=>a.forEach(([r,n])=>r===e&&o(()=>n(t))),{parse:d,stringify:c}=JSON,u=e=>c(e,function(e,t){let r=this[e];return r?.toJSON===[].toJSON?r:t}),p=e=>e&&"object"==typeof e&&!Array.isArray(e)?e:{},h=/^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu,g=e=>{let t=/string|number/.test(typeof e)?(""+e).trim():"";return h.test(t)?"":t},f=(e,t)=>l("refused",i(e,t)),m="",y=()=>t||[{url:location.href,title:""+document.title,referrer:m||document.referrer},Date.now()],v=e=>o(()=>navigator[e]),w=()=>{let e=o(()=>crypto.getRandomValues(new Uint8Array(32)))||[],t="0"+Date.now().toString(16);for(;!t[31];)t+=(15&(e[t.length]??16*Math.random())).toString(16);return t.replace(/(.{8})(.{4}).(...).(...)/,"$1-$2-7$3-8$4-")},_=[],S=__PASSERBY__,b=e=>S.h?e:e.split("#")[0],I="0.1.0",k=v("globalPrivacyControl")||"1"===v("doNotTrack")?S.g:"ignore",$="null"===window.origin||"cookieless"===k,M=e=>(o(()=>document.cookie.split("; "))||[]).flatMap(t=>t.startsWith(e+"=")&&t.slice(e.length+1)||[]),j=e=>o(()=>localStorage.getItem(e))||"",D=(e,t)=>!!o(()=>(localStorage[t?"setItem":"removeItem"](e,t),!0)),x=e=>(o(()=>Object.keys(localStorage))||[]).filter(t=>t.startsWith(e)),E=(e,t)=>("."+e).endsWith("."+t),q=(e,t,r)=>{let n=(r&&"; Domain="+r)+("https:"===location.protocol?"; Secure":"");return o(()=>document.cookie=`${e}=${t}; Path=/; SameSite=Lax; Max-Age=${t?3456e4:0}${n}`),M(e).includes(t)},A="passerby_p",O=(e,t)=>(r??(r=S.x?((e,t)=>{if(/^([\d.]+|[^.]+)$/.test(e))return"";let r=e.split("."),n=r.map((e,t)=>r.slice(-2-t).join("."));return t.find(t=>E(e,t))||n.find(e=>q(A,"1",e)&&!q(A,"",e))||""})(location.hostname,S.d):""),q(e,t,r)||q(e,t,"")||D(e,t)),R=S.c,T=R+"_id",P="",C=[],L=!1,N={},U=e=>e.flatMap(e=>{let[,t,r=""]=/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i.exec(e)||[];return t?{id:t,user:o(()=>decodeURIComponent(r))||""}:[]}),W=({id:e,user:t})=>e+(t&&"."+encodeURIComponent(t)),J=e=>parseInt(e.replace("-",""),16),B=(e,t)=>e.id+!e.user<t.id+!t.user?-1:1,K=e=>{P=W(e),!$&&(L=O(R,P),D(R,P))},V=()=>{C=[],N={}},Y=()=>{let e=P,t=$?[]:M(R),r=$?[]:[...M(T),j(R)],n=L?"":e,i=U(t).sort(B)[0]||U([...r,n])[0]||{id:w(),user:""};P=W(i);let o=Math.abs(J(e)-J(P))<5e3&&!e[36];return e?!o&&!e.startsWith(i.id)&&V():C=r,C.includes(P)||C.push(P),(!e||t[1]||t[0]!==P)&&(t[1]&&q(R,"",""),K(i)),e&&e!==P&&l("identity"),i},z=e=>{V(),O(T,""),K({id:w(),user:e})},F=()=>{let{id:e,user:t}=Y(),r=U(C).flatMap(e=>e.user&&e.user!==t?[]:e.id);return[...new Set([e,...r])].slice(0,5)},G=()=>{V(),P="",[R,T,R+"_m",...x(R+"_q")].forEach(e=>{O(e,"")})};s("sent",()=>M(T).some(e=>e!==Y().id)&&O(T,""));var H,Q=e=>e.replace(/[^ -~]/g,"...").length,X=S.c+"_consent",Z=()=>{let e=(e=>M(e)[0]||j(e))(X);return"off"===k||"denied"===e?"opted_out":S.q&&"granted"!==e?"no_consent":""},ee=(e,t,r,n)=>t.split(" ").forEach(t=>e.addEventListener(t,e=>o(()=>r(e)),n)),te=document.currentScript,re=(S.u||(te?.src||location.origin+"/").replace(/[^/]*([?#].*)?$/,"")).replace(/\/?$/,"/v1/batch"),ne=S.d.some(e=>E(location.hostname,e)&&E(re.split(/[/:]+/)[1],e)),ie=$?"omit":ne?"include":"same-origin",oe=async e=>{let t=await e.text(),r=e.headers.get("Retry-After");return[e.status,1e3*r||Date.parse(r)-Date.now(),o(()=>d(t).rotate)]},ae=6e4,se=S.c+"_q",le=se+w(),de=[],ce=[],ue={},pe=0,he=0,ge=!1,fe=1/0,me=()=>{for(;Q(de.join())>262144;)_.length+=1+(d(de.shift()).context.dropped||0);$||D(le,de.join("\n"))},ye=e=>{let t=Date.now(),r=Math.max(t+e,he);fe<=r||(fe=r,setTimeout(()=>o(be),Math.min(r-t,ae)))},ve=e=>{he=Date.now()+e,i("waiting",e)},we=(e,t)=>e.filter(e=>!t.includes(e)),_e=e=>e.map(e=>ue[e]||e).join(),Se=(e,t)=>o(()=>navigator.locks.request(e,{ifAvailable:!0},e=>e&&t()).catch(t))||t(),be=e=>{if(fe=1/0,Z())return Ie();de[0]&&Y();let t=(()=>{let e=Math.min(59700,64e3-Q(_e(ce)));return we(de,ce).filter(t=>(e-=Q(_e([t]))+1)>0)})();if(!t[0]||!e&&ce[0])return;let r=!1===v("onLine");if(r&&ve(ae),r||!e&&Date.now()<he)return ye(0);(async(e,t)=>{let r=`{"batch":[${_e(e)}],"sentAt":"${(new Date).toISOString()}","writeKey":"${S.k}"}`;ce=ce.concat(e),((e,[t,r,n])=>{if(i("answer",[t,e.length]),ce=we(ce,e),Z())return G();if([200,400,401,403,413].includes(t))de=we(de,e),pe=he=0,H=H?.(),200===t?(l("sent",e.length),l("rotate",n)):f("http_"+t,e.length);else{let e=Math.min(ae,1e3*2**pe++)*(.5+Math.random()/2);ve(Math.max(e,r||0)),Se(le,()=>ge||new Promise(e=>H=e))}me(),ye(0)})(e,await(async(e,t)=>await o(()=>fetch(re,{body:e,credentials:ie,keepalive:t,method:"POST"}).then(oe).catch(()=>[0]))||[!$&&o(()=>navigator.sendBeacon(re,e))?200:0])(r,t||!pe))})(t,e),be(e)},Ie=()=>{de=[],me()};ee(window,"online",()=>{he=0,be()});var ke,$e=(e,t,r="")=>{let n=Z(),a=n||((e,t)=>{let{id:r,user:n}=Y(),[i,a]=y(),s=b(i.url),[,l,d=""]=/\/\/[^/]*([^?#]*)(\?[^#]*)?/.exec(s)||[],c={...i,path:l,search:d,url:s},u=i.canonical||o(()=>document.querySelector("link[rel=canonical]")?.href);return{type:e,messageId:w(),timestamp:new Date(a).toISOString(),anonymousId:r,userId:n||void 0,...t,properties:"page"===e?{...c,...t.properties}:t.properties,context:{anonymousIds:"identify"===e?F():void 0,page:{...c,canonical:u===s?void 0:u},locale:v("language"),library:{name:"passerby.js",version:I},storage:L?void 0:"memory",dropped:_.splice(0).length||void 0,actor:N.actor,groupId:N.groupId}}})(e,t),s=o(()=>u(a))||"",d=n||(s?Q(s+r)>59e3&&"too_large":"not_json");return d?f(d,e):(((e,t,r)=>{r&&(ue[e]=e.slice(0,-2)+`,"token":"${encodeURI(r)}"}}`),de.push(e),t?ye(t):be(),me()})(s,"page"===e?0:250,r),i(e,t),l("event",a)),!d},Me=(e="")=>{O(S.c+"_m",""),z(e),l("reset"),l("identity")},je=[],De=e=>{let[t,r,n]=p(e[0])===e[0]?[,...e]:e,i=Y().user,a=g(t);if(!(a||null==t&&r))return f("illegal_id",t);a&&i&&i!==a?Me(a):a&&(e=>{K({id:Y().id,user:e})})(a);let s=p(r),d={groupId:N.groupId,...p(n)};d.actor!==N.actor&&(je=[]),(e=>{N=e})(d);let c=o(()=>u([Y(),s,!d.token]));je.includes(c)||!$e("identify",{traits:s},d.token)||(je.push(c),i!==Y().user&&l("identity"),l("identify",Y()))},xe="__passerby",Ee="",qe=()=>{let e=location.href.replace(/([?&])(?:passerby_(?:link|handoff)=[^&#]*(&?))+/g,(e,t,r)=>r&&t);e!==location.href&&(Ee=b(e),o(()=>history.replaceState(history.state,"",e)))},Ae=e=>{let t=b(location.href);t===Ee&&!e||(t!==Ee&&(e=>{m=e})(Ee),Ee=t,$e("page",{})&&qe(),e||l("route"))},Oe=()=>setTimeout(()=>o(Ae),16),Re=e=>{let t=history[e];if(t[xe])return;let r=function(...e){let r=t.apply(this,e);return o(Oe),r};r[xe]=!0,o(()=>history[e]=r)},Te=!1,Pe=()=>{Te=!1,G(),Ie(),qe(),l("identity")},Ce=e=>{Z()?Te&&Pe():Te&&!e?Y():(Te=!0,ge=!1,ce=[],$||setTimeout(()=>x(se).forEach(e=>Se(e,()=>(e=>{let t=j(e).split("\n");D(e,""),de=[...new Set([...t.filter(e=>o(()=>d(e).messageId)),...de])],me(),ye(0)})(e))),0),Ae(!0),l("begin"))};s("begin",()=>{ke&&De(ke),ke=void 0});var Le={page(e,t){$e("page","string"==typeof e?{name:e,properties:p(t)}:{properties:p(e)})},track(e,t){"string"==typeof e&&e?$e("track",{event:e,properties:p(t)}):f("event_name",e)},identify(...e){let t=Z();if(!t)return De(e);ke=e,f(t,"identify")},group(e,t){let r=g(e);if(!r)return f("illegal_id",e);$e("group",{groupId:r,traits:p(t)})&&(N.groupId=r)},reset(){ke=void 0,Z()||Me()},consent(e){"granted"===e||"denied"===e?(e=>{(e=>{O(X,e)})(e),"denied"===e&&Pe(),Ce()})(e):f("consent_value",e)},on:s,ready:e=>e(),id:()=>Z()?void 0:Y().id,debug(){let e=Z(),t={version:I,refusal:e,visitor:e||Y(),waiting:de.length,trace:n};return l("debug",t),console.log(t),t}},Ne=e=>{let{id:t,user:r}=Y();if(!e?.includes(t))return;let n=N;z(r),r&&De([r,{},n])},Ue=({type:e,persisted:t})=>{Ce(t&&"pageshow"===e),Ae(),"pagehide"===e?(ge=!0,be(!0),me(),H=H?.()):document.hidden&&be(!0)},We=()=>{"opted_out"===Z()&&Pe(),Ce(),ee(window,"popstate hashchange",Oe),Re("pushState"),Re("replaceState"),s("rotate",Ne),ee(window,"focus storage visibilitychange pageshow pagehide",Ue)};((...e)=>{let r=window,n=r.passerby,i=n&&!n.nodeType?n:{};if(i.q&&i.v)return;let a=i.q=i.q||[],s=([e,r,n,i])=>((n,i)=>{t=[n,i];let a=o(()=>Le[e](...r));return t=void 0,a})(n,i),l=e=>{a.push(e)};Object.keys(Le).forEach(e=>{i[e]=(...t)=>l([e,t,...y()])}),i.v=I,r.passerby=i;let d=()=>{l=s,o(We),a.forEach(s),a.push=s,e.forEach(o)};document.prerendering?document.addEventListener("prerenderingchange",d):d()})()})()}catch(e){}
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
