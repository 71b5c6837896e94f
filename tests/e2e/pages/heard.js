// Reports what goes wrong in a page to the tests: the first script of every page that `engines` visitors see.
;(() => {
  const send = navigator.sendBeacon.bind(navigator)
  // The whole address: a page may have a base elsewhere.
  const tell = (line) => send(location.origin + '/heard', line)
  addEventListener('error', (event) => tell('uncaught: ' + event.message))
  addEventListener('unhandledrejection', (event) => tell('unhandled: ' + event.reason))
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    // Firefox asks for this by itself, and is refused by a strict page.
    if (!blockedURI.endsWith('/favicon.ico')) tell('violated: ' + violatedDirective + ' ' + blockedURI)
  })
})()
