fetch(new URL("/hit", document.currentScript.src), { method: "POST", keepalive: true, body: "{}" });
