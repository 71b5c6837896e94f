const installCore = (__PASSERBY__) => {
//# allFunctionsCalledOnLoad
try{let e,t,r,n,o=[],i=(e,t)=>{let r={at:new Date,code:e,detail:t};return o.push(r),o.length>50&&o.shift(),r},a=t=>{try{return t()}catch(t){e!==(e=""+t)&&i("error",e)}},s=[],l=(e,t)=>s.push([e,t]),d=(e,t)=>s.forEach(([r,n])=>r===e&&a(()=>n(t))),{parse:c,stringify:u}=JSON,p=e=>u(e,[].toJSON&&function(e,t){let r=this[e];return r?.toJSON===[].toJSON?r:t}),h=e=>e&&"object"==typeof e&&!Array.isArray(e)?e:{},g=/^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu,f=e=>{let t=/string|number/.test(typeof e)?(""+e).trim():"";return g.test(t)?"":t},m=(e,t)=>d("refused",i(e,t)),y="",w=()=>t||[{url:location.href,title:""+document.title,referrer:y||document.referrer},Date.now()],v=e=>a(()=>navigator[e]),S=()=>{let e=a(()=>crypto.getRandomValues(new Uint8Array(32)))||[],t="0"+Date.now().toString(16);for(;!t[31];)t+=(15&(e[t.length]??16*Math.random())).toString(16);return t.replace(/(.{8})(.{4}).(...).(...)/,"$1-$2-7$3-8$4-")},_=[],b=__PASSERBY__,I=e=>b.h?e:e.split("#")[0],k="0.1.0",$=(v("globalPrivacyControl")||"1"===v("doNotTrack"))&&b.g,D="null"===window.origin||"cookieless"===$,j=e=>a(()=>document.cookie.split("; ").flatMap(t=>t.startsWith(e+"=")&&t.slice(e.length+1)||[]))||[],M=e=>a(()=>localStorage.getItem(e))||"",E=(e,t)=>(a(()=>localStorage[t?"setItem":"removeItem"](e,t)),M(e)===t),q=e=>a(()=>Object.keys(localStorage).filter(t=>t.startsWith(e)))||[],x=(e,t)=>("."+e).endsWith("."+t),O=(e,t,r)=>{let n=(r&&"; Domain="+r)+("https:"===location.protocol?"; Secure":"");return a(()=>document.cookie=`${e}=${t}; Path=/; SameSite=Lax; Max-Age=${t?3456e4:0}${n}`),j(e).includes(t)},A="passerby_p",T=(e,t)=>(r??=b.x?"":((e,t)=>{if(!/\.\D/.test(e))return"";let r=e.split("."),n=r.map((e,t)=>r.slice(-2-t).join("."));return t.find(t=>x(e,t))||n.find(e=>O(A,"1",e)&&!O(A,"",e))||""})(location.hostname,b.d),O(e,t,r)||O(e,t,"")||E(e,t)),R=b.c,C=R+"_id",L="",N="",P=[],U=!1,J={},W=e=>e.flatMap(e=>{let[,t,r]=/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i.exec(e)||[];return t?{id:t,user:a(()=>decodeURIComponent(r||""))||""}:[]}),B=({id:e,user:t})=>e+(t&&"."+encodeURIComponent(t)),K=e=>parseInt(e.replace("-",""),16),V=(e,t)=>e.id+!e.user<t.id+!t.user?-1:1,Y=e=>{N=L=B(e),!D&&(U=T(R,L),E(R,L))},z=()=>{P=[],J={}},F=()=>{let e=L,t=D?[]:j(R),r=D?"":M(R),[o=""]=D?[]:j(C);n=n||t[0];let i=[e&&!n&&r||o,r],a=U?"":e,s=W(t).sort(V)[0]||W([...i,a])[0]||{id:S(),user:""};L=B(s);let l=Math.abs(K(e)-K(L))<5e3&&!e[36];return e?!l&&!e.startsWith(s.id)&&z():P=i,P=[...new Set([L,...P])],!e&&!D&&(U=E(R,L))||((!N||t[0]!==L||t[1])&&(t[1]&&O(R,"",""),Y(s)),e&&e!==L&&d("identity")),s},G=e=>{z(),T(C,""),Y({id:S(),user:e})},H=()=>{let{id:e,user:t}=F(),r=W(P).flatMap(e=>e.user&&e.user!==t?[]:e.id);return[...new Set([e,...r])].slice(0,5)},Q=()=>{z(),L="",[R,C,R+"_m",...q(R+"_q")].forEach(e=>{T(e,"")})};l("sent",()=>j(C).some(e=>e!==F().id)&&T(C,""));let X,Z,ee=e=>e.replace(/[^ -~]/g,"...").length,te=b.c+"_consent",re="",ne=()=>{let e=(e=>j(e)[0]||M(e))(te)||re;return"off"===$||"denied"===e?"opted_out":b.q&&"granted"!==e?"no_consent":""},oe=(e,t,r,n)=>t.split(" ").forEach(t=>e.addEventListener(t,e=>a(()=>r(e)),n)),ie=document.currentScript,ae=(b.u||ie?.src||location.origin+"/").replace(/[^/]*([?#].*)?$/,"v1/batch"),se=b.d.some(e=>x(location.hostname,e)&&x(ae.split("/")[2].split(":")[0],e)),le=D?"omit":se?"include":"same-origin",de=async e=>{let t=await e.text(),r=e.headers.get("Retry-After");return[e.status,1e3*r||Date.parse(r)-Date.now(),a(()=>c(t).rotate)]},ce=b.c+"_q",ue=ce+S(),pe=[],he=[],ge={},fe=0,me=0,ye=!1,we=()=>{for(;ee(pe.join())>262144;)_.length+=1+(c(pe.shift()).context.dropped||0);D||E(ue,pe.join("\n"))},ve=e=>{Z||=setTimeout(()=>a(Ie),Math.min(Math.max(e,me-Date.now()),6e4))},Se=(e,t)=>e.filter(e=>!t.includes(e)),_e=e=>e.map(e=>ge[e]||e).join(),be=(e,t)=>a(()=>navigator.locks.request(e,{ifAvailable:!0},e=>e&&t()).catch(t))||t(),Ie=()=>{ne()&&$e(),ke()},ke=e=>{Z=clearTimeout(Z);let t=(()=>{let e=59700-ee(_e(he));return Se(pe,he).filter(t=>(e-=ee(_e([t]))+1)>0)})();if(t[0]&&!1!==v("onLine")&&(e||!he[0])){if(!e&&Date.now()<me)return ve(0);(async(e,t)=>{let r=`{"batch":[${_e(e)}],"sentAt":"${(new Date).toISOString()}","writeKey":"${b.k}"}`;he=he.concat(e),((e,[t,r,n])=>{if(i("answer",[t,e.length]),he=Se(he,e),ne())return Q();if([200,400,401,403,413].includes(t))pe=Se(pe,e),fe=me=Z=0,X=X?.(),200===t?(d("sent",e.length),d("rotate",n)):m("http_"+t,e.length);else{let e=Math.min(6e4,1e3*2**fe++)*(1-Math.random()/2),t=Math.max(e,r||0);me=Date.now()+t,i("waiting",t),be(ue,()=>ye||new Promise(e=>X=e))}we(),ve(0)})(e,await(async(e,t)=>await a(()=>fetch(ae,{body:e,credentials:le,keepalive:t,method:"POST"}).then(de).catch(()=>[0]))||[!D&&a(()=>navigator.sendBeacon(ae,e))?200:0])(r,t||!fe))})(t,e),ke(e)}},$e=()=>{pe=[],we()};oe(window,"online",()=>{me=0,Ie()});let De,je=(e,t,r="")=>{let n=ne(),o=n||((e,t)=>{let{id:r,user:n}=F(),[o,i]=w(),s=I(o.url),{pathname:l,search:d}=a(()=>new URL(s))||location,c={...o,path:l,search:d,url:s},u=o.canonical||a(()=>document.querySelector("link[rel=canonical]")?.href);return{type:e,messageId:S(),timestamp:new Date(i).toISOString(),anonymousId:r,userId:n||void 0,...t,properties:"page"===e?{...c,...t.properties}:t.properties,context:{anonymousIds:"identify"===e?H():void 0,page:{...c,canonical:u===s?void 0:u},locale:v("language"),library:{name:"passerby.js",version:k},storage:U?void 0:"memory",dropped:_.splice(0).length||void 0,actor:J.actor,groupId:J.groupId}}})(e,t),s=a(()=>p(o))||"",l=n||(s?ee(s+r)>59e3&&"too_large":"not_json");return l?m(l,e):(((e,t,r)=>{r&&(ge[e]=e.slice(0,-2)+`,"token":"${encodeURI(r)}"}}`),pe.push(e),t?ve(t):ke(),we()})(s,"page"===e?0:250,r),i(e,t),d("event",o)),!l},Me=(e="")=>{T(b.c+"_m",""),G(e),d("reset"),d("identity")},Ee="",qe=e=>{let[t,r,n]=h(e[0])===e[0]?[,...e]:e,o=F().user,i=f(t);if(!(i||null==t&&r))return m("illegal_id",t);i&&o&&o!==i?Me(i):i&&(e=>{Y({id:F().id,user:e})})(i);let s=h(r),l={groupId:J.groupId,...h(n)};(e=>{J=e})(l);let c=a(()=>p([F(),s,l.actor])),u=c+!l.token;Ee===u||Ee===c+!1||!je("identify",{traits:s},l.token)||(Ee=u,o!==F().user&&d("identity"),d("identify",F()))},xe="",Oe=()=>{let e=location.href.replace(/([?&])(?:passerby_(?:link|handoff)=[^&#]*(&?))+/g,(e,t,r)=>r&&t);e!==location.href&&(xe=I(e),a(()=>history.replaceState(history.state,"",e)))},Ae=e=>{let t=I(location.href);t===xe&&!e||(t!==xe&&(y=xe),xe=t,je("page",{})&&Oe(),e||d("route"))},Te=()=>{setTimeout(()=>a(()=>(window.requestIdleCallback||setTimeout)(()=>a(Ae),{timeout:500})),16)},Re=e=>{let t=history[e];if(t.v)return;let r=(...e)=>(a(Te),t.apply(history,e));r.v=!0,a(()=>history[e]=r)},Ce="no_consent",Le=e=>{let t=Ce;Ce=ne(),Ce?Ce!==t&&(Q(),$e(),Oe(),d("identity")):((t||e)&&(ye=!1,he=[],D||setTimeout(()=>q(ce).forEach(e=>be(e,()=>(e=>{let t=M(e).split("\n");E(e,""),pe=[...new Set(t.concat(pe))].filter(e=>a(()=>c(e).messageId)),we(),ve(0)})(e)))),Ae(!0),d("begin")),F())};l("begin",()=>{De&&qe(De),De=void 0});let Ne={page(e,t){je("page","string"==typeof e?{name:e,properties:h(t)}:{properties:h(e)})},track(e,t){"string"==typeof e&&e?je("track",{event:e,properties:h(t)}):m("event_name",e)},identify(...e){let t=ne();if(!t)return qe(e);De=e,m(t,"identify")},group(e,t){let r=f(e);if(!r)return m("illegal_id",e);je("group",{groupId:r,traits:h(t)})&&(J.groupId=r)},reset(){De=void 0,ne()||Me()},consent(e){"granted"===e||"denied"===e?(e=>{(e=>{re=T(te,e)?"":e})(e),Le()})(e):m("consent_value",e)},on:l,ready:e=>e(),id:()=>ne()?void 0:F().id,debug(){let e=ne(),t={version:k,refusal:e,visitor:e||F(),waiting:pe.length,trace:o};return d("debug",t),console.log(t),t}},Pe=e=>{let{id:t,user:r}=F();if(!e?.includes(t))return;let n=J;G(r),r&&qe([r,{},n])},Ue=({type:e,persisted:t})=>{Le(t&&"pageshow"===e),Ae(),"pagehide"===e?(ye=!0,X=X?.(),ke(!0)):ke(document.hidden)},Je=()=>{Le(),oe(window,"popstate hashchange",Te),Re("pushState"),Re("replaceState"),l("rotate",Pe),oe(window,"focus storage visibilitychange pageshow pagehide",Ue)};((...e)=>{let r=window,n=r.passerby,o=n&&!n.nodeType?n:{};if(o.q&&o.v)return;let i=o.q=o.q||[],s=([e,r,n,o])=>((n,o)=>{t=[n,o];let i=a(()=>Ne[e](...r));return t=void 0,i})(n,o),l=e=>{i.push(e)};Object.keys(Ne).forEach(e=>{o[e]=(...t)=>l([e,t,...w()])}),o.v=k,r.passerby=o;let d=()=>{l=s,a(Je),i.forEach(s),i.push=s,e.forEach(a)};document.prerendering?document.addEventListener("prerenderingchange",d):(async e=>{b.u||await 0,a(e)})(d)})()}catch{}
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
