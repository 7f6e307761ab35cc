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
  let waiting = null;
  finder.hidden = false;

  const parts = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  window.found = (product, found) => {
    for (const [kind, title, path, below, severity = "", review = ""] of found) {
      rows.push({ kind, title, path, below, severity, review, product: String(product), parts: parts(title + " " + below) });
    }
  };

  function load() {
    waiting ??= Promise.all([...document.querySelectorAll("[data-product]")].map((one) => new Promise((done) => {
      const script = document.createElement("script");
      script.src = "search/" + one.dataset.product + ".js";
      script.onload = script.onerror = done;
      document.head.append(script);
    })));
    return waiting;
  }

  const chosen = () => Object.fromEntries(
    facets.map((name) => [name, radios.find((radio) => radio.name === name && radio.checked).value]));

  async function search() {
    const wanted = parts(words.value);
    const facet = chosen();
    const state = new URLSearchParams(Object.entries({ q: words.value.trim(), ...facet }).filter(([, value]) => value));
    history.replaceState(null, "", state.size ? "#" + state : location.pathname);
    if (!state.size) {
      hits.replaceChildren();
      told.textContent = "";
      return;
    }
    await load();
    const match = rows.filter((row) => facets.every((name) => !facet[name] || row[name] === facet[name])
      && wanted.every((word) => row.parts.some((part) => part.startsWith(word))));
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
      below.textContent = [row.below, row.severity, row.review.replace("_", " ")].filter(Boolean).join(" · ");
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
