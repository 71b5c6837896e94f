const installCore = (__PASSERBY__) => {
//# allFunctionsCalledOnLoad
try{let e,t,r,n,o,i,a=(e,t)=>{for(let r=0;r<e.length;r++)t(e[r],r)},l=(e,t)=>{let r=[];return a(e,(e,n)=>{let o=t(e,n);void 0!==o&&(r[r.length]=o)}),r},u=(e,t)=>{for(let r=0;r<e.length;r++)if(t(e[r]))return e[r]},s=(e,t)=>void 0!==u(e,e=>e===t),d=({Array:e,Date:t,JSON:r,Object:n,Reflect:o,RegExp:i,String:a,encodeURIComponent:l,decodeURIComponent:u})=>{let{apply:s,get:d,getPrototypeOf:c,set:p}=o,_=e=>(t,...r)=>s(e,t,r),f=_(t.prototype.toISOString),y=r.stringify,g=n.defineProperty;return{apply:s,get:d,getPrototypeOf:c,set:p,owns:_(n.prototype.hasOwnProperty),define:(e,t,r)=>g(e,t,{__proto__:null,value:r,configurable:!0,enumerable:!0,writable:!0}),keys:n.keys,tag:_(n.prototype.toString),isArray:e.isArray,split:_(a.prototype.split),slice:_(a.prototype.slice),exec:_(i.prototype.exec),encode:l,decode:u,parse:r.parse,stringify:e=>y(e,function(e){return this[e]}),now:t.now,iso:e=>f(new t(e))}},c=e=>{try{let t=d(e),{owns:r,tag:n,isArray:o,now:i}=t,a={},l=t.split("b&&c","&");if(t.define(a,"a",t.getPrototypeOf(a)===a.__proto__),t.set(a,"b",t.parse('{"c":[1]}')),t.stringify({__proto__:null,a:t.get(a,"a"),b:a.b,c:t.keys(a)})+l.length+l[2]+t.slice("abc",1)+t.exec(/b./,"abc")[0]+o([])+o(a)+t.iso(0)+typeof i()+(i()>1e12)+r(a,"a")+r(a,"c")+n([])+t.encode("/")+t.decode("%2F")=='{"a":true,"b":{"c":[1]},"c":["a","b"]}3cbcbctruefalse1970-01-01T00:00:00.000Znumbertruetruefalse[object Array]%2F/')return t}catch{}},{apply:p,define:_,get:f,getPrototypeOf:y,set:g,owns:m,keys:b,tag:v,isArray:h,split:w,slice:k,exec:S,encode:j,decode:$,parse:T,stringify:A,now:I,iso:P}=c(window)||(()=>{try{let e=document.createElement("iframe");document.documentElement.appendChild(e);let t=c(e.contentWindow);return e.parentNode.removeChild(e),t}catch{}})()||d(window),R=[],q=(e,t)=>{let r={at:P(I()),code:e,detail:t};return R[R.length]=r,R=l(R,(e,t)=>R.length-t>50?void 0:e),r},O=t=>{try{return t()}catch(t){try{e!==(e=""+t)&&q("error",e)}catch{}}},x=[],C=(e,t)=>x[x.length]={name:e,t},D=(e,t)=>a(x,r=>r.name===e&&O(()=>r.t(t))),U=0,L=()=>{let e=U;return U=0,e},N=e=>(U++,e),M=(e,t=3e4,r=3e3,n=16)=>{let o=2e4,i=e=>e.length>t?N(k(e,0,t)+"..."):e,a=(e,t,l,u)=>{try{let s=e[t],d=typeof s;return o--,"string"===d?i(s):null==s||"boolean"===d||"function"===d||"number"===d&&s-s===0?s:"object"===d?((e,t,l)=>{let u=v(e);if("[object Date]"===u)return e-e===0?P(e):N(""+e);let s=h(e),{toJSON:d}=e;if(!s&&d&&d!=={}.toJSON)return a([p(d,e,[])],0,t+1,l);for(let t=l;t;t=t.o)if(t.value===e)return N("[Circular]");if("[object Map]"===u||"[object Set]"===u){let r="[object Set]"===u?[]:{__proto__:null};return e.forEach((e,t)=>r[r.length??""+t]=e),N(""),a([r],0,t,{value:e,o:l})}if(!s&&"[object Object]"!==u)return N(i(""+e));if(m(e,"$$typeof"))return N("[React element]");if(t>n||o<0)return N(u);let c=s?[]:{__proto__:null};s&&(c.toJSON=void 0);let _=s?e:b(e);for(let n=0;n<_.length;n++){if(n===r){N("");break}c[s?n:i(_[n])]=a(e,s?n:_[n],t+1,{value:e,o:l})}return c})(s,l,u):N(String(s))}catch{return N("[unreadable]")}};return a([e],0,0)},E=e=>{let t=e&&"object"==typeof e&&M(e);return t&&"object"==typeof t&&!h(t)?t:{}},F=/^(["']?)\s*([0-]*|-1|anon(ymous)?|guest|distinct_?id|(user_?)?id|not_authenticated|email|undefined|true|false|\[object object\]|nan|none|null|unknown)\s*\1$|\0|\p{Cs}|[^]{256}/iu,J=e=>{let t=S(/string|number|bigint/,typeof e)&&S(/^\s*([^]{0,256}?)\s*$|/,""+e)[1]||"";return S(F,t)?"":t},z=(e,t)=>(D("refused",q(e,t)),!1),B=(e,t,...r)=>{let n=e[t];if("object"!=typeof n&&"function"!=typeof n)return n;let o=f(y(e),t,e);return"function"==typeof o?p(o,e,r):o},G="",H=()=>t||[{url:location.href,title:B(document,"title"),referrer:G||B(document,"referrer")},I()],K=(e,r,n)=>{let o=t;t=[e,r>0&&r-r===0?r:I()];let i=O(n);return t=o,i},Y=e=>O(()=>m(navigator,e)||m(Navigator.prototype,e)?navigator[e]:void 0),Z=e=>{let t=S(/^([^?#]*)(\??[^#]*)(#?[^]*)$/,e);return{path:t[1],query:t[2],fragment:t[3]}},Q=(e,t)=>{let{path:r,query:n,fragment:o}=Z(e),i="";return a(w(k(n,1),"&"),e=>{let r=e&&t(e);r&&(i+=(i?"&":"?")+r)}),r+i+o},V=/^(utm_|\w*cl?k?id=)/,W=/^passerby_/,X=e=>e.length>255?S(/^[^]*?(?=%.?$|$)/,k(e,0,255))[0]+"...":e,ee=e=>{let{path:t,fragment:r}=Z(e);if(e.length-t.length<2e3)return e;let n=2e3,o=Q(k(e,0,e.length-r.length),e=>{if(S(W,e))return e;let t=X(e);return(n-=t.length+1)>0||S(V,e)?t:""});return N(o+X(r))},te=()=>+O(()=>Math.random())||.5,re=()=>{let e=O(()=>crypto.getRandomValues(new Uint8Array(36)))||[],t=I(),r="";for(let n=36;n--;){let o="tttttttt-tttt-7rrr-8rrr-rrrrrrrrrrrr"[n],i="t"===o?t%16:15&(e[n]^16*te());r=(o>"a"?"0123456789abcdef"[i]:o)+r,"t"===o&&(t=(t-i)/16)}return r},ne=0,oe=e=>ne+=e,ie=()=>{let e=ne||void 0;return ne=0,e},ae={__proto__:null,...__PASSERBY__},le=e=>ae.h?e:w(e,"#")[0],ue="0.1.0",se=(Y("globalPrivacyControl")||"1"===Y("doNotTrack"))&&ae.g,de="null"===window.origin||"cookieless"===se,ce=e=>{let t=S(/\.@(\d+)$/,e);return t?t[1]:void 0},pe=(e,t)=>{let r=ce(t);return w(u(e,e=>ce(e)===r)||u(e,e=>{let t=ce(e);return t&&(!r||r>0&&(t<1||+t>r))})||"",".@")[0]},_e=(e,t)=>k("."+e,-t.length-1)==="."+t,fe=()=>(void 0===r&&(r=O(()=>B(document,"cookie"))||"",(async()=>{await 0,r=void 0})()),r),ye=e=>l(w(fe(),"; "),t=>k(t,0,e.length+1)===e+"="&&k(t,e.length+1)||void 0),ge=(e,t,n,o="/")=>{let i=(n&&"; Domain="+n)+("https:"===location.protocol?"; Secure":""),a=m(document,"cookie")&&"object"===O(()=>typeof document.cookie)?Document.prototype:document;O(()=>g(a,"cookie",`${e}=${t}; Path=${o}; SameSite=Lax; Max-Age=${t?3456e4:0}${i}`,document)),r=void 0},me=e=>k(e,w(e,".")[0].length+1),be=e=>O(()=>localStorage.getItem(e))||"",ve=(e,t)=>(O(()=>localStorage[t?"setItem":"removeItem"](e,t)),be(e)===t),he=e=>O(()=>l(b(localStorage),t=>k(t,0,e.length)===e?t:void 0))||[],we="passerby_p",ke=e=>e&&(ke(me(e))||((e=>{ge(we,"1",e);let t=ye(we).length;return ge(we,"",e),t})(e)?e:"")),Se=location.hostname,je=ae.x||!S(/\.\D/,Se)?"":u(ae.d,e=>_e(Se,e)),$e=()=>je??=ke(Se),Te=()=>(n??=ae.x||ae.w||ae.n&&$e()&&ke(me(je)),n?".@"+($e()&&w(je,".").length||0):""),Ae=e=>{let t="";a(w(location.pathname,"/"),(r,n)=>{t+=(n?"/":"")+r,a(t?[t,t+"/"]:["/"],t=>{(je||"/"!==t)&&ge(e,"","",t);for(let r=je&&Se;r;r=r===je?"":me(r))(r!==je||"/"!==t)&&ge(e,"",r,t)})})},Ie=[],Pe=e=>{let t=ye(e),r=pe(t,Te()),n=e;return a(t,e=>n+=";"+e),t.length<2||s(Ie,n)?r:(Ie[Ie.length]=n,Ae(e),r&&!Pe(e)&&Oe(e,r),Pe(e))},Re=e=>pe([be(e)],Te()),qe=(e,t)=>ve(e,t&&t+Te()),Oe=(e,t)=>{let r=r=>(ge(e,t&&t+Te(),r),(!t||ye(e).length>1)&&Ae(e),Pe(e)===t),n=r($e())||je&&r("");return!(!t||!n)||qe(e,t)},xe=ae.c,Ce=xe+"_id",De="",Ue="",Le="",Ne=[],Me=!1,Ee={__proto__:null},Fe=e=>l(e,e=>{let t=S(/^([\da-f]{8}-[\da-f-]{27})(?:\.(.+))?$/i,e);return t?{id:t[1],user:O(()=>$(t[2]||""))||""}:void 0}),Je=({id:e,user:t})=>e+(t&&"."+j(t)),ze=e=>+("0x"+k(e,0,8)+k(e,9,13)),Be=e=>{Ue=De=Je(e),o=void 0,!de&&(Me=Oe(xe,De),qe(xe,De))},Ge=()=>{Ne=[],Ee={__proto__:null}},He=()=>de||o!==fe()?Ke():i,Ke=()=>{let e=De,t=(e,t)=>de?"":e(t),r=t(Pe,xe),n=t(Pe,Ce),a=t(Re,xe);Le=Le||r;let l=[e&&!Le&&a||n,a];i=u(Fe([r,l[0],a,Me?"":e]),()=>!0)||{id:re(),user:""},De=Je(i);let d=ze(e)-ze(De),c=d<5e3&&d>-5e3&&e.length<37;return e?!c&&k(e,0,36)!==i.id&&Ge():Ne=l,(e=>{s(Ne,e)||(Ne[Ne.length]=e)})(De),!e&&!de&&(Me=qe(xe,De))||(Ue&&r===De?o=fe():Be(i),e&&e!==De&&D("identity")),i},Ye=e=>{Ge(),Oe(Ce,""),ae.y&&(Oe(xe+"_m",""),D("rotated")),Be({id:re(),user:e})},Ze=()=>{let{id:e,user:t}=He(),r=[e],n=Fe(Ne);for(let e=n.length;e--&&r.length<5;){let o=n[e];(!o.user||o.user===t)&&!s(r,o.id)&&(r[r.length]=o.id)}return r},Qe=()=>{Ge(),De="",o=void 0,a([xe,Ce,xe+"_m"],e=>Oe(e,"")),a(he(xe+"_q"),e=>ve(e,""))};C("sent",()=>{let e=Pe(Ce);e&&e!==He().id&&Oe(Ce,"")});let Ve,We,Xe,et,tt=e=>{let t=e.length;for(let r=0;r<e.length;r++)e[r]>"~"&&(t+=2);return t},rt=ae.c+"_consent",nt="",ot=()=>{let e=(e=>Pe(e)||Re(e))(rt)||nt||(s(ye(rt),"denied")?"denied":"");return"off"===se||"denied"===e?"opted_out":ae.q&&"granted"!==e?"no_consent":""},it=e=>nt=Oe(rt,e)?"":e,at=()=>+O(()=>performance.now())||I(),lt=(e,t,r,n)=>a(w(t," "),t=>p(EventTarget.prototype.addEventListener,e,[t,e=>O(()=>r(e)),n])),ut=O(()=>B(document,"currentScript")?.src)||"",st=S(/^(https?:\/\/)(?:[^/?#]*@)?([^/?#]*)([^?#]*\/)/,ae.u||(ae.n?"":ut)),dt=st?w(st[2],":")[0]:"",ct=st?st[1]+st[2]+st[3]+"v1/batch":"",pt=u(ae.d,e=>_e(location.hostname,e)&&_e(dt,e)),_t=de?"omit":pt?"include":"same-origin",ft=/^(400 (bad_(body|gzip|request)|conflicting_keys)|401 (missing|unknown)_key|403 origin_refused|413 too_large)$/,yt=6e4,gt=ae.c+"_q",mt=gt+re(),bt=[],vt=0,ht=0,wt=0,kt=0,St=1,jt=0,$t=!1,Tt=0,At=(e,t=e)=>bt[bt.length]={text:e,i:t,bytes:tt(t)+1,state:0,suspect:!1},It=()=>{let e=0,t=0,r="";for(let n=bt.length;n--;){let o=bt[n];2!==o.state&&(e+=o.text.length+1,e<1048576?r=o.text+(r&&"\n")+r:t++,e>4194304&&0===o.state&&(o.state=2,t--,oe(1+(T(o.text).context.dropped||0))))}bt=l(bt,e=>2===e.state?void 0:e),de||ve(mt,t?r+"\n"+t:r)},Pt=async()=>{We||(We=!0,await 0,We=O(It))},Rt=()=>{clearTimeout(et),et=0},qt=e=>{let t=at()+e;et&&t>=Tt||(Rt(),Tt=t,et=setTimeout(()=>O(Ct),e>yt?yt:e))},Ot=(e,t)=>{let r=Y("locks");O(()=>r&&r.request(e,{__proto__:null,ifAvailable:!0},e=>e&&t()).catch(t))||t()},xt=()=>de||a(he(gt),e=>e===mt||Ot(e,()=>(e=>{let t=w(be(e),"\n");ve(e,""),a(t,e=>{try{let t=T(e);t>0?oe(t):t.messageId&&At(e)}catch{}}),Pt(),qt(0)})(e))),Ct=()=>{ot()&&Ut(),Dt()},Dt=e=>{Rt();let t=!ct||!e&&vt?[]:(e=>{let t=u(bt,e=>!e.state&&!e.suspect),r=59700-vt,n=vt;return l(bt,o=>{if(!(o.state||!e&&o.suspect&&(t||n>=St)||(r-=o.bytes)<0&&n))return n++,o})})(e);if(!t.length)return;let r=(t[0].suspect?jt:wt)-at();if(!e&&r>0)return qt(r);(async(e,t)=>{let r="";a(e,e=>{e.state=1,vt+=e.bytes,r+=(r&&",")+e.i});let n=`{"batch":[${r}],"sentAt":"${P(I())}","writeKey":"${ae.k}"}`;((e,{status:t,end:r,wait:n,rotate:o,detail:i})=>{let u=e[0];if(a(e,e=>{1===e.state&&(vt-=e.bytes,e.state=r?2:0)}),ot())return Qe();if(q(r?"answer":t?"foreign_answer":"not_heard",[t,e.length,i]),r)ht=kt=wt=0,u.suspect&&(St*=2),Xe=Xe?.(),200===t?(D("sent",e.length),D("rotate",o)):z("http_"+t,e.length);else{let r=u.suspect,o=(e=>e<6?1e3<<e:yt)(r?kt++:ht++)*(1-te()/2),i=n>o?n:o;r?(St=1,jt=at()+i,bt=l(bt,e=>e===u?void 0:e),2!==u.state&&(bt[bt.length]=u)):wt=at()+i,t>399&&t<500&&a(e,e=>e.suspect=!0),q("waiting",i),Ot(mt,()=>$t||new Promise(e=>Xe=e))}Rt(),Pt(),qt(0)})(e,await(async(e,t,r)=>{let n=O(()=>fetch(ct,{__proto__:null,body:e,credentials:_t,keepalive:t,method:"POST",redirect:"manual"}));if(!n)return!de&&O(()=>navigator.sendBeacon(ct,e))?{status:200,end:!0}:{__proto__:null,status:0};try{return await(async(e,t)=>{let{status:r,headers:n}=e,o=await e.text(),i={__proto__:null};try{i={__proto__:null,...T(o)}}catch{}let a=n.get("Retry-After"),{code:l}=i,u="string"==typeof l?36e5:6e4,s=a&&(1e3*a||O(()=>Date.parse(a)-I())),d=200===r&&!0===i.success&&i.stored+i.duplicate+i.quarantined.length===t;return{status:r||300,end:d||!("string"!=typeof l||!S(ft,r+" "+l)),wait:s>u?u:s,rotate:d&&i.rotate,detail:i.quarantined||l||n.get("Content-Type")}})(await n,r)}catch(e){return{__proto__:null,status:0,detail:""+e}}})(n,t||!ht,e.length))})(t,e),Dt(e)},Ut=()=>{a(bt,e=>e.state=2),bt=[],vt=0,Pt()};lt(window,"online",()=>{wt=jt=0,Ct()});let Lt,Nt,Mt,Et=(e,t)=>{let r=ot();if(!r)return((e,t)=>{let{id:r,user:n}=He(),o=H(),i=o[0],a=ee(le(i.url)),l="page"===e;l&&(Ve=O(()=>B(document,"querySelector","link[rel=canonical]")?.href));let u=S(/^\w+:\/\/[^/?#]*([^?#]*)/,a)?.[1],s={path:u,url:a,title:i.title,referrer:ee(i.referrer||"")},d=i.canonical||Ve;return{type:e,messageId:re(),timestamp:P(o[1]),anonymousId:r,userId:n||void 0,...t,properties:l?{...s,...t.properties}:t.properties,context:{anonymousIds:"identify"===e?Ze():void 0,page:{...l?{path:u}:s,canonical:d&&d!==a?ee(d):void 0,landing:i.landing&&ee(i.landing)},locale:Y("language"),library:{name:"passerby.js",version:ue},storage:Me?void 0:"memory",dropped:ie(),actor:Ee.actor,groupId:Ee.groupId,altered:L()||void 0}}})(e,t);z(r,e)},Ft=(e,t="")=>{let r,n="",o=(o,i,a,l)=>(r=M(o,i,a,l),r.context.altered=L()+(e.context.altered||0)||void 0,n=O(()=>A(r))||"",tt(n+t)>32e3),i=e=>e&&M({email:e.email,...e},255,12,0),a=o(e)&&o(e,255,20,3)&&o({...e,properties:i(e.properties),traits:i(e.traits)},255,20,3),l=ot()||(a?"too_large":n?"":"not_json");return l?z(l,e.type):(((e,t,r)=>{At(e,r?k(e,0,-2)+`,"token":"${encodeURI(r)}"}}`:e),!1===Y("onLine")&&(t=5e3),t?qt(t):Dt(),Pt()})(n,"page"===e.type?0:250,t),q(e.type,r),D("event",r),!0)},Jt=(e,t,r)=>{let n=Et(e,t);return!!n&&Ft(n,r)},zt=(e="")=>{Ye(e),D("reset"),D("identity")},Bt="",Gt=e=>{let t=e[0]&&"object"==typeof e[0]?0:1,r=t?e[0]:void 0,n=e[t],o=He().user,i=J(r);if(!(i||null==r&&n))return z("illegal_id",r);i&&o&&o!==i?zt(i):i&&(e=>{Be({id:He().id,user:e})})(i);let a=E(n),l={__proto__:null,groupId:Ee.groupId,...E(e[t+1])};(e=>{Ee=e})(l);let u=A(M({who:He(),traits:a,actor:l.actor})),s=u+!l.token;Bt===s||Bt===u+!1||!Jt("identify",{traits:a},l.token)||(Bt=s,o!==He().user&&D("identity"),D("identify",He()))},Ht=e=>m(window,e)?window[e]:void 0,Kt="",Yt=!0,Zt="",Qt=!0,Vt=0,Wt=e=>O(()=>""+new URLSearchParams(e))??k(e,1),Xt=(e,t)=>{let{path:r,query:n,fragment:o}=Z(e),i=Z(t);if(r!==i.path||o&&o!==i.fragment)return!1;let l={__proto__:null,"":!0};return a(w(Wt(i.query),"&"),e=>l[e]=!0),void 0===u(w(Wt(n),"&"),e=>!l[e])},er=e=>e===Kt||Yt&&Xt(e,Kt),tr=/[?&]passerby_(link|handoff)=/,rr=()=>{if(!S(tr,location.href))return;let e=Q(location.href,e=>S(tr,"&"+e)?"":e);Kt=le(e),O(()=>history.replaceState(history.state,"",e))},nr=e=>{let t=Lt;Lt=void 0,t&&!e&&(t.properties.title=B(document,"title"),Ft(t))},or=e=>{let t=le(location.href),r=er(t);if(r||(G=Kt),Kt=t,r&&!e)return;nr();let n=H(),o=le(Zt||t),i=Yt&&Xt(t,o)?{...n[0],url:o}:{...n[0],landing:o===t?void 0:o};Lt=K(i,n[1],()=>Et("page",{})),Lt&&(Zt="",rr()),Qt||nr(),e||D("route")},ir=e=>{e&&"replace"!==e&&(Yt=!1),!er(le(location.href))&&(Vt++,nr(),(()=>{let e=Vt,t=t=>()=>O(()=>e===Vt&&t()),r=t(()=>Nt&&Nt.transition||or());setTimeout(t(()=>(Ht("requestIdleCallback")||setTimeout)(r)),16),setTimeout(t(or),2e3)})())},ar=e=>{let t=e+"State",r=m(history,t)?history:History.prototype,n=r[t];if(m(n,"v"))return;let o=function(...t){let r=p(n,this,t);return this===history&&O(()=>ir(e)),r};o.v=!0,O(()=>r[t]=o)},lr=()=>{let e=Ht("navigation");if("[object Navigation]"===v(e)&&e.currentEntry&&(Nt=e),Nt)return lt(Nt,"currententrychange navigatesuccess navigateerror",e=>ir(e.navigationType));lt(window,"popstate hashchange",()=>ir("traverse")),ar("push"),ar("replace")},ur=()=>{Qt=!1,nr()},sr="no_consent",dr=e=>{let t=sr;sr=ot(),sr?sr!==t&&(Qe(),Ut(),nr(!0),rr(),D("identity")):((t||e)&&($t=!1,vt=0,a(bt,e=>e.state=0),setTimeout(()=>O(xt)),setTimeout(()=>O(xt),5e3),or(!0),D("begin")),He())};C("begin",()=>{let e=Mt;Mt=void 0,e&&Gt(e)});let cr={__proto__:null,page(e,t){let r="string"==typeof e;Jt("page",{name:r?e:void 0,properties:E(r?t:e)})},track(e,t){"string"==typeof e&&e?Jt("track",{event:e,properties:E(t)}):z("event_name",e)},identify(...e){let t=ot();if(!t)return Gt(e);Mt=M(e),z(t,"identify")},group(e,t){let r=J(e);if(!r)return z("illegal_id",e);Jt("group",{groupId:r,traits:E(t)})&&(Ee.groupId=r)},reset(){Mt=void 0,ot()||zt()},consent(e){"granted"===e||"denied"===e?(e=>{it(e),dr()})(e):z("consent_value",e)},on:C,ready:e=>e(),id:()=>ot()?void 0:He().id,debug(){let e=ot(),t={version:ue,to:ct,refusal:e,visitor:e||He(),waiting:bt.length,trace:R};return D("debug",t),console.log(t),t}},pr=e=>{let{id:t,user:r}=He();if(!e||!s(e,t))return;let n=Ee;Ye(r),r&&Gt([r,{},n])},_r=({type:e,persisted:t})=>{let r=B(document,"hidden");dr(t&&"pageshow"===e),or(),(r||"pagehide"===e)&&nr(),"pagehide"===e?($t=!0,Xe=Xe?.(),Dt(!0),O(It)):Dt(r)},fr=()=>{O(lr),dr(),C("rotate",pr),lt(window,"focus storage visibilitychange pageshow pagehide",_r)},yr=()=>{z("no_address"),console.error("Passerby does not know its collector: no_address. Give the site a base URL, or load the script by its own tag.")};((e,...t)=>{let r=window,n=Ht("passerby"),o=Object(n)===n?n:{};if(m(o,"v")&&h(o.q))return;let i=m(o,"q")&&h(o.q)?o.q:[];_(o,"q",i);let u=e=>K(e[2],e[3],()=>p(cr[e[0]],null,e[1])),d=e=>{i[i.length]=[e[0],M(e[1]),e[2],e[3]]};a(b(cr),e=>{_(o,e,(...t)=>{let r=H();return d([e,t,r[0],r[1]])})}),_(o,"v",ue),_(r,"passerby",o);let c=()=>{let r=(e=>{let t=l(e,e=>"consent"===e[0]?e:void 0);return s(l(t,e=>e[1][0]),"denied")&&it("denied"),t[t.length-1]})(i);d=u,O(fr),a(i,e=>("consent"!==e[0]||e===r)&&u(e)),i.push=u,a(t,t=>O(()=>t(e))),ct||O(yr)};(e=>{let t=S(/^(\w+:\/\/)(?:[^/?#]*@)?([^]*)/,O(()=>performance.getEntriesByType("navigation")[0].name)||"");t&&(Zt=t[1]+t[2]);let r=()=>{e&&B(document,"title")&&B(document,"scripts").length<=e?ur():setTimeout(()=>O(ur),500)},n=()=>B(document,"readyState");"loading"===n()?lt(document,"DOMContentLoaded readystatechange",({type:e})=>e>"a"&&"complete"!==n()||r()):r()})(ut?n?2:1:0),m(Document.prototype,"prerendering")&&B(document,"prerendering")?lt(document,"prerenderingchange",c):(async e=>{ae.n||await 0,O(e)})(c)})([de,ae,K,H,Gt,O,C,B,_e,a,u,s,l,lt,S,T,A,q,ot,le,Jt,ut,ct,He],)}catch{}
};
var MOST = 5e3;
var MOST_OF_ONE = 3e3;
var DEEPEST = 16;
var own = Object.getOwnPropertyDescriptor;
var set = (on, name, value) => Object.defineProperty(on, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
var snapshot = (value) => {
  let left = MOST;
  const copy = (v, above, depth) => {
    try {
      if (Object(v) !== v || depth > DEEPEST || left <= 0 || own(v, "$$typeof")) return v;
      const r = Array.isArray(v) ? [] : {};
      if (/(Date|Map|Set)]$/.test({}.toString.call(v))) return new v.constructor(v);
      if (v.toJSON !== r.toJSON || {}.toString.call(v) !== {}.toString.call(r)) return v;
      for (let one = above; one; one = one.above) if (one.v === v) return one.r;
      let count = 0;
      for (const name in v) {
        const property = own(v, name);
        if (!property) continue;
        if (count++ > MOST_OF_ONE) break;
        left--;
        try {
          set(r, name, copy(v[name], { v, r, above }, depth + 1));
        } catch {
          Object.defineProperty(r, name, property);
        }
      }
      return r;
    } catch {
      return v;
    }
  };
  return copy(value, void 0, 0);
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
var directory = (ingest) => {
  try {
    return new URL(ingest, ingest[0] === "/" ? location.origin : void 0).href;
  } catch {
  }
};
var configOf = (options) => ({
  k: options.writeKey,
  d: options.domains ?? [],
  c: options.cookieName ?? "passerby",
  x: options.crossSubdomain === false,
  g: options.privacySignals === "ignore" ? false : options.privacySignals ?? "cookieless",
  q: options.consentRequired,
  h: options.hashPages,
  u: directory(options.ingest.replace(/\/?(v1\/batch)?$/, "/")),
  n: true
});

var METHODS = ["page", "track", "identify", "group", "reset", "consent", "on", "ready", "id", "debug"];
var each = (act) => Object.fromEntries(METHODS.map((name) => [name, (...args) => act(name, args)]));
var nobody = () => each(() => {
});
var isBrowser = () => typeof document !== "undefined";
var own2 = Object.getOwnPropertyDescriptor;
var present = () => {
  const found = own2(window, "passerby") && window.passerby;
  return found && own2(found, "q") && Array.isArray(found.q) ? found : void 0;
};
var ofDocument = (name) => {
  let property;
  for (let on = Object.getPrototypeOf(document); on && !property; on = Object.getPrototypeOf(on)) property = own2(on, name);
  return property ? property.get.call(document) : document[name];
};
var time = () => {
  try {
    return +/* @__PURE__ */ new Date();
  } catch {
    return 0;
  }
};
var recorder = () => {
  const q = [];
  const record = (name, args) => {
    try {
      const place = { url: location.href, title: ofDocument("title"), referrer: ofDocument("referrer") };
      const call = [name, snapshot(args), place, time()];
      if (own2(q, "push")) q.push(call);
      else q[q.length] = call;
    } catch {
    }
  };
  return Object.assign(each(record), { q });
};
var trusted = (url) => {
  const { trustedTypes } = window;
  if (typeof trustedTypes?.createPolicy !== "function") return url;
  return trustedTypes.createPolicy("passerby", { __proto__: null, createScriptURL: (same) => same }).createScriptURL(url);
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
    console.error('Passerby: its script was not loaded. Under Trusted Types, allow its policy ("trusted-types passerby").', error);
  }
  return passerby;
};
var init = (options) => {
  checkInit(options);
  if (!isBrowser()) return nobody();
  const found = present();
  if (!found || !own2(found, "v")) installCore(configOf(options));
  return window.passerby;
};
export {
  init,
  load
};
