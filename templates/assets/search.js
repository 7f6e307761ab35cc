/* Searches without a server: each product's data is a script that is loaded when something is first looked for. */
"use strict";
(() => {
  const finder = document.querySelector(".finder");
  const words = document.getElementById("words");
  const told = finder.querySelector(".told");
  const hits = finder.querySelector(".hits");
  const radios = [...finder.querySelectorAll("[type=radio]")];
  const facets = ["kind", "product", "severity", "review"];
  const most = 100;
  const rows = [];
  const loading = new Map();
  let turn = 0;
  finder.hidden = false;

  const bare = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const parts = (text) => bare(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const blankless = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}]/u;
  const begins = (part, word) => blankless.test(word) ? part.includes(word) : part.startsWith(word);
  window.found = (product, found) => {
    for (const [kind, title, path, below, severity = "", review = ""] of found) {
      rows.push({ kind, title, path, below, severity, review, product: String(product), parts: parts(title + " " + below) });
    }
  };

  const loaded = (product) => {
    if (!loading.has(product)) {
      loading.set(product, new Promise((done) => {
        const script = document.createElement("script");
        script.src = "search/" + product + ".js";
        script.onload = script.onerror = done;
        document.head.append(script);
      }));
    }
    return loading.get(product);
  };

  function load(chosen) {
    const products = [...document.querySelectorAll("[data-product]")].map((one) => one.dataset.product);
    return Promise.all(products.filter((one) => !chosen || one === chosen).map(loaded));
  }

  const label = (name, value) => {
    const radio = value && radios.find((one) => one.name === name && one.value === value);
    return radio ? radio.labels[0].textContent.toLowerCase() : value;
  };
  const chosen = () => Object.fromEntries(
    facets.map((name) => [name, radios.find((radio) => radio.name === name && radio.checked).value]));

  async function search() {
    const wanted = parts(words.value);
    const facet = chosen();
    const state = new URLSearchParams(Object.entries({ q: words.value.trim(), ...facet }).filter(([, value]) => value));
    history.replaceState(null, "", state.size ? "#" + state : location.pathname);
    if (!state.size) {
      turn += 1;
      hits.replaceChildren();
      told.textContent = "";
      return;
    }
    const mine = ++turn;
    await load(facet.product);
    if (mine !== turn) return;
    const match = rows.filter((row) => facets.every((name) => !facet[name] || row[name] === facet[name])
      && wanted.every((word) => row.parts.some((part) => begins(part, word))));
    told.textContent = match.length + " found" + (match.length > most ? ", the first " + most + " shown" : "");
    hits.replaceChildren(...match.slice(0, most).map((row) => {
      const hit = document.createElement("li");
      const link = document.createElement("a");
      link.href = row.path;
      link.dir = "auto";
      link.textContent = row.title;
      const below = document.createElement("span");
      below.className = "sub";
      below.dir = "auto";
      below.textContent = [row.below, label("severity", row.severity), label("review", row.review)].filter(Boolean).join(" · ");
      hit.append(link, below);
      return hit;
    }));
  }

  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    words.value = state.get("q") || "";
    for (const name of facets) {
      const own = radios.filter((radio) => radio.name === name);
      (own.find((radio) => radio.value === (state.get(name) || "")) || own[0]).checked = true;
    }
    search();
  }

  finder.addEventListener("input", search);
  addEventListener("hashchange", read);
  read();
})();
