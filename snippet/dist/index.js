const installCore = (__PASSERBY__) => {
try{(()=>{var e,t,r,n=[],i=(e,t)=>{let r={at:new Date,code:e,detail:t};return n.push(r),n.length>50&&n.shift(),r},o=t=>{try{return t()}catch(t){e!==(e=""+t)&&i("error",e)}},a=[],s=(e,t)=>a.push([e,t]),l=(e,t)=>a.forEach(([r,n])=>r===e&&o(()=>n(t))),{parse:d,stringify:c}=JSON,u=e=>c(e,function(e,t){let r=this[e];return r?.toJSON===[].toJSON?r:t}),p=e=>e&&"object"==typeof e&&!Array.isArray(e)?e:{},h=/^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu,g=e=>{let t=/string|number/.test(typeof e)?(""+e).trim():"";return h.test(t)?"":t},f=(e,t)=>l("refused",i(e,t)),m="",y=()=>t||[{url:location.href,title:""+document.title,referrer:m||document.referrer},Date.now()],w=e=>o(()=>navigator[e]),v=()=>{let e=o(()=>crypto.getRandomValues(new Uint8Array(32)))||[],t="0"+Date.now().toString(16);for(;!t[31];)t+=(15&(e[t.length]??16*Math.random())).toString(16);return t.replace(/(.{8})(.{4}).(...).(...)/,"$1-$2-7$3-8$4-")},_=[],b=__PASSERBY__,S=e=>b.h?e:e.split("#")[0],I="0.1.0",k=w("globalPrivacyControl")||"1"===w("doNotTrack")?b.g:"ignore",$="null"===window.origin||"cookieless"===k,D=e=>(o(()=>document.cookie.split("; "))||[]).flatMap(t=>t.startsWith(e+"=")&&t.slice(e.length+1)||[]),M=e=>o(()=>localStorage.getItem(e))||"",j=(e,t)=>!!o(()=>(localStorage[t?"setItem":"removeItem"](e,t),!0)),x=e=>(o(()=>Object.keys(localStorage))||[]).filter(t=>t.startsWith(e)),E=(e,t)=>("."+e).endsWith("."+t),q=(e,t,r)=>{let n=(r&&"; Domain="+r)+("https:"===location.protocol?"; Secure":"");return o(()=>document.cookie=`${e}=${t}; Path=/; SameSite=Lax; Max-Age=${t?3456e4:0}${n}`),D(e).includes(t)},A="passerby_p",O=(e,t)=>(r??(r=b.x?((e,t)=>{if(/^([\d.]+|[^.]+)$/.test(e))return"";let r=e.split("."),n=r.map((e,t)=>r.slice(-2-t).join("."));return t.find(t=>E(e,t))||n.find(e=>q(A,"1",e)&&!q(A,"",e))||""})(location.hostname,b.d):""),q(e,t,r)||q(e,t,"")||j(e,t)),R=b.c,N=R+"_id",T="",C=[],L=!1,P={},U=e=>e.flatMap(e=>{let[,t,r=""]=/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i.exec(e)||[];return t?{id:t,user:o(()=>decodeURIComponent(r))||""}:[]}),W=({id:e,user:t})=>e+(t&&"."+encodeURIComponent(t)),J=(e,t)=>e.id+!e.user<t.id+!t.user?-1:1,B=e=>{T=W(e),!$&&(L=O(R,T),j(R,T))},K=()=>{C=[],P={}},V=()=>{let e=T,t=$?[]:D(R),r=$?[]:[...D(N),M(R)],n=L?"":e,i=U(t).sort(J)[0]||U([...r,n])[0]||{id:v(),user:""};T=W(i);let o=!e[36]&&Math.abs(parseInt(e,16)-parseInt(T,16))<2;return e?!o&&!e.startsWith(i.id)&&K():C=r,C.includes(T)||C.push(T),(!e||t[1]||t[0]!==T)&&(t[1]&&q(R,"",""),B(i)),e&&e!==T&&l("identity"),i},Y=e=>{K(),O(N,""),B({id:v(),user:e})},z=()=>{let{id:e,user:t}=V(),r=U(C).flatMap(e=>e.user&&e.user!==t?[]:e.id);return[...new Set([e,...r])].slice(0,5)},F=()=>{K(),T="",[R,N,R+"_m",...x(R+"_q")].forEach(e=>{O(e,"")})},G=e=>e.replace(/[^ -~]/g,"...").length,H=b.c+"_consent",Q=()=>{let e=(e=>D(e)[0]||M(e))(H);return"off"===k||"denied"===e?"opted_out":b.q&&"granted"!==e?"no_consent":""},X=(e,t,r,n)=>t.split(" ").forEach(t=>e.addEventListener(t,e=>o(()=>r(e)),n)),Z=document.currentScript,ee=(b.u||(Z?.src||location.origin+"/").replace(/[^/]*([?#].*)?$/,"")).replace(/\/?$/,"/v1/batch"),te=b.d.some(e=>E(location.hostname,e)&&E(ee.split(/[/:]+/)[1],e)),re=$?"omit":te?"include":"same-origin",ne=async e=>{let t=await e.text(),r=e.headers.get("Retry-After");return[e.status,1e3*r||Date.parse(r)-Date.now(),o(()=>d(t).rotate)]},ie=6e4,oe=b.c+"_q",ae=oe+v(),se=[],le=[],de={},ce=0,ue=1/0,pe=0,he=!1,ge=!1,fe=1/0,me=()=>{for(;G(se.join())>262144;)_.length+=1+(d(se.shift()).context.dropped||0);ge=!$&&j(ae,se[0]?[he?0:Date.now(),...se].join("\n"):"")},ye=e=>{let t=Date.now(),r=Math.max(t+e,pe);fe<=r||(fe=r,setTimeout(()=>o(Se),Math.min(r-t,ie)))},we=e=>{pe=Date.now()+e,i("waiting",e)},ve=(e,t)=>e.filter(e=>!t.includes(e)),_e=e=>e.map(e=>de[e]||e).join(),be=()=>{x(oe).forEach(e=>{let[t,...r]=M(e).split("\n");e!==ae&&Math.abs(Date.now()-Number(t))<9e4||(j(e,""),se=r.filter(e=>!se.includes(e)&&o(()=>d(e).messageId)).concat(se))}),me(),ye(0)},Se=e=>{if(fe=1/0,Q())return Ie();se[0]&&V();let t=(()=>{let e=Math.min(59700,64e3-G(_e(le)));return ve(se,le).filter((t,r)=>r<ue&&(e-=G(_e([t]))+1)>0)})();if(!t[0]||!e&&le[0])return;let r=!1===w("onLine");if(r&&we(ie),r||!e&&Date.now()<pe)return me(),ye(0);(async(e,t)=>{let r=`{"batch":[${_e(e)}],"sentAt":"${(new Date).toISOString()}","writeKey":${u(b.k)}}`;le=le.concat(e),((e,[t,r,n])=>{if(i("answer",[t,e.length]),le=ve(le,e),Q())return F();if(413===t&&e[1])ue=e.length/2;else if([200,400,401,403,413].includes(t))se=ve(se,e),ce=pe=0,200===t?(ue=1/0,l("sent",e.length),l("rotate",n)):f("http_"+t,e.length);else{let e=Math.min(ie,1e3*2**ce++)*(.5+Math.random()/2);we(Math.max(e,r||0))}me(),ye(0)})(e,await(async(e,t)=>await o(()=>fetch(ee,{body:e,credentials:re,keepalive:t,method:"POST"}).then(ne).catch(()=>[0]))||[!$&&o(()=>navigator.sendBeacon(ee,e))?200:0])(r,t||!ce))})(t,e),Se(e)},Ie=()=>{se=[],me()};X(window,"online",()=>{pe=0,Se()});var ke,$e=(e,t,r="")=>{let n=Q(),a=n||((e,t)=>{let{id:r,user:n}=V(),[i,a]=y(),s=S(i.url),[,l,d=""]=/\/\/[^/]*([^?#]*)(\?[^#]*)?/.exec(s)||[],c={...i,path:l,search:d,url:s},u=i.canonical||o(()=>document.querySelector("link[rel=canonical]")?.href);return{type:e,messageId:v(),timestamp:new Date(a).toISOString(),anonymousId:r,userId:n||void 0,...t,properties:"page"===e?{...c,...t.properties}:t.properties,context:{anonymousIds:"identify"===e?z():void 0,page:{...c,canonical:u===s?void 0:u},locale:w("language"),library:{name:"passerby.js",version:I},storage:L?void 0:"memory",dropped:_.splice(0).length||void 0,actor:P.actor,groupId:P.groupId}}})(e,t),s=o(()=>u(a))||"",d=n||(s?G(s+r)>59e3&&"too_large":"not_json");return d?f(d,e):(((e,t,r)=>{r&&(de[e]=e.slice(0,-2)+`,"token":"${encodeURI(r)}"}}`),se.push(e),me(),ye(t)})(s,"page"===e?0:250,r),i(e,t),l("event",a)),!d},De=(e="")=>{O(b.c+"_m",""),Y(e),l("reset"),l("identity")},Me=[],je=e=>{let[t,r,n]=p(e[0])===e[0]?[,...e]:e,i=V().user,a=g(t);if(!(a||null==t&&r))return f("illegal_id",t);a&&i&&i!==a?De(a):a&&(e=>{B({id:V().id,user:e})})(a);let s=p(r),d={groupId:P.groupId,...p(n)};d.actor!==P.actor&&(Me=[]),(e=>{P=e})(d);let c=o(()=>u([V(),s,!d.token]));Me.includes(c)||!$e("identify",{traits:s},d.token)||(Me.push(c),i!==V().user&&l("identity"),l("identify",V()))},xe="__passerby",Ee="",qe=()=>{let e=location.href.replace(/([?&])(?:passerby_(?:link|handoff)=[^&#]*(&?))+/g,(e,t,r)=>r&&t);e!==location.href&&(Ee=S(e),o(()=>history.replaceState(history.state,"",e)))},Ae=e=>{let t=S(location.href);t===Ee&&!e||(t!==Ee&&(e=>{m=e})(Ee),Ee=t,$e("page",{})&&qe(),e||l("route"))},Oe=()=>setTimeout(()=>o(Ae),0),Re=e=>{let t=history[e];if(t[xe])return;let r=function(...e){let r=t.apply(this,e);return o(Oe),r};r[xe]=!0,o(()=>history[e]=r)},Ne=!1,Te=()=>{Ne=!1,F(),Ie(),qe(),l("identity")},Ce=e=>{Q()?Ne&&Te():Ne&&!e?V():(Ne=!0,he&&ge&&(se=[]),he=!1,$||o(()=>navigator.locks.request(oe,{ifAvailable:!0},e=>e&&be()).catch(be))||be(),Ae(!0),l("begin"))};s("begin",()=>{ke&&je(ke),ke=void 0});var Le={page(e,t){$e("page","string"==typeof e?{name:e,properties:p(t)}:{properties:p(e)})},track(e,t){"string"==typeof e&&e?$e("track",{event:e,properties:p(t)}):f("event_name",e)},identify(...e){let t=Q();if(!t)return je(e);ke=e,f(t,"identify")},group(e,t){let r=g(e);if(!r)return f("illegal_id",e);$e("group",{groupId:r,traits:p(t)})&&(P.groupId=r)},reset(){ke=void 0,Q()||De()},consent(e){"granted"===e||"denied"===e?(e=>{(e=>{O(H,e)})(e),"denied"===e&&Te(),Ce()})(e):f("consent_value",e)},on:s,ready:e=>e(),id:()=>Q()?void 0:V().id,debug(){let e=Q(),t={version:I,refusal:e,visitor:e||V(),waiting:se.length,trace:n};return l("debug",t),console.log(t),t}},Pe=e=>{let{id:t,user:r}=V();if(!e?.includes(t))return;let n=P;Y(r),r&&je([r,{},n])},Ue=({type:e,persisted:t})=>{Ce(t&&"pageshow"===e),Ae(),"pagehide"===e?(he=!0,Se(!0),me()):document.hidden&&Se(!0)},We=()=>{"opted_out"===Q()&&Te(),X(window,"popstate hashchange",Oe),Re("pushState"),Re("replaceState"),Ce(),s("rotate",Pe),X(window,"focus storage visibilitychange pageshow pagehide",Ue)};((...e)=>{let r=window,n=r.passerby,i=n&&!n.nodeType?n:{};if(i.q&&i.v)return;let a=i.q=i.q||[],s=([e,r,n,i])=>((n,i)=>{t=[n,i];let a=o(()=>Le[e](...r));return t=void 0,a})(n,i),l=e=>{a.push(e)};Object.keys(Le).forEach(e=>{i[e]=(...t)=>l([e,t,...y()])}),i.v=I,r.passerby=i;let d=()=>{l=s,o(We),a.forEach(s),a.push=s,e.forEach(o)};document.prerendering?document.addEventListener("prerenderingchange",d):d()})()})()}catch(e){}
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
