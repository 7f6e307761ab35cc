// Shows what the server sent beside the model's answer. It speaks MCP Apps with the host, and to nobody else.
"use strict";
(() => {
  const FRAGMENT = "testio/fragment";
  const host = window.parent;
  const main = document.querySelector("main");
  const waiting = new Map();
  let asked = 0;
  const send = (message) => host.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const tell = (method, params = {}) => send({ method, params });
  const ask = (method, params) => new Promise((done) => {
    asked += 1;
    waiting.set(asked, done);
    send({ id: asked, method, params });
  });

  // The host's theme, which need not be the system's: the dark rules count or do not, whatever it prefers.
  const dark = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule.media && rule.media.mediaText.includes("prefers-color-scheme"));
  const look = ({ theme }) => {
    if (theme !== "dark" && theme !== "light") return;
    document.documentElement.style.colorScheme = theme;
    for (const rule of dark) rule.media.mediaText = theme === "dark" ? "screen" : "not all";
  };

  const say = (text) => {
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = text;
    main.replaceChildren(note);
  };
  const show = (result) => {
    const fragment = result._meta && result._meta[FRAGMENT];
    if (typeof fragment === "string") main.innerHTML = fragment; // made from escaped templates; scripts do not run
    else say("The answer is in the text.");
  };

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== host || !message || message.jsonrpc !== "2.0") return;
    const { id, method, params = {} } = message;
    if (method === undefined) {
      const done = waiting.get(id);
      waiting.delete(id);
      if (done) done(message.result || {});
    } else if (method === "ui/notifications/tool-result") show(params);
    else if (method === "ui/notifications/tool-cancelled") say("The call was cancelled.");
    else if (method === "ui/notifications/host-context-changed") look(params);
    else if (method === "ping" || method === "ui/resource-teardown") send({ id, result: {} });
    else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const address = link ? link.getAttribute("href") : "#";
    if (address.startsWith("#")) return;
    event.preventDefault();
    if (/^https?:\/\//.test(address)) ask("ui/open-link", { url: address });
  });

  const measure = () => {
    const { height } = document.documentElement.getBoundingClientRect();
    tell("ui/notifications/size-changed", { width: window.innerWidth, height: Math.ceil(height) });
  };
  ask("ui/initialize", {
    appInfo: { name: "testio-reports", version: "1" },
    appCapabilities: {},
    protocolVersion: "2026-01-26",
  }).then(({ hostContext }) => {
    look(hostContext || {});
    tell("ui/notifications/initialized");
    new ResizeObserver(measure).observe(document.documentElement);
  });
})();
