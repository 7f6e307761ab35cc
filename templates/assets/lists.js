/* A list of bugs works without this: it adds search, sorting, and filters that stay in the address. */
"use strict";
(() => {
  const list = document.querySelector(".list");
  const table = list.querySelector(".bug-list");
  const radios = [...list.querySelectorAll("[type=radio]")];
  const groups = [...new Set(radios.map((radio) => radio.name))];
  const parts = list.querySelector(".parts");
  const byLink = list.querySelector(".by-link");
  const rows = [...table.tBodies].flatMap((body) => [...body.rows].map((row) => ({ row, body })));
  for (const one of rows) one.text = one.row.textContent.toLowerCase();
  list.classList.add("live");

  const shown = list.querySelector(".shown");
  shown.setAttribute("role", "status");
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "Words in bug, feature or test";
  search.setAttribute("aria-label", "Search in these bugs");
  list.querySelector(".filters").append(search);

  const key = "bugs " + location.pathname.replace(/(-\d+)?\.html$/, "");
  const remembered = () => {
    try { return sessionStorage.getItem(key) || ""; } catch { return ""; }
  };
  const remember = (state) => {
    try { sessionStorage.setItem(key, state); } catch { /* the address has it */ }
  };

  function read(state) {
    const [words, query = ""] = state.split("~");
    const chosen = words.split(".");
    for (const group of groups) {
      const own = radios.filter((radio) => radio.name === group);
      const match = own.find((radio) => chosen.includes(radio.value)) || own[0];
      if (match) match.checked = true;
    }
    if (parts?.querySelector(":checked:not([value=''])")) parts.open = true;
    try { search.value = decodeURIComponent(query); } catch { search.value = ""; }
    show();
  }

  function state() {
    const words = groups.map((group) => radios.find((radio) => radio.name === group && radio.checked)?.value);
    const query = search.value.trim();
    return words.filter(Boolean).join(".") + (query ? "~" + encodeURIComponent(query) : "");
  }

  function fits({ row, body }) {
    return groups.every((group) => {
      const word = radios.find((radio) => radio.name === group && radio.checked)?.value;
      if (!word || word === "every") return true;
      return group === "period" ? body.classList.contains("in-" + word) : row.classList.contains(word);
    });
  }

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of rows) one.row.hidden = !words.every((word) => one.text.includes(word));
    const number = rows.filter((one) => !one.row.hidden && fits(one)).length;
    shown.textContent = number + (number === 1 ? " bug shown" : " bugs shown");
    const now = state();
    const told = now === "every" ? null : document.getElementById(now);
    for (const one of byLink.querySelectorAll("span")) one.classList.toggle("on", one === told);
    byLink.classList.toggle("on", Boolean(told));
    for (const link of document.querySelectorAll(".pages a")) link.hash = now;
    return now;
  }

  function changed() {
    const now = show();
    history.replaceState(null, "", now ? "#" + now : location.pathname);
    remember(now);
  }

  const order = { severity: ["critical", "high", "medium", "low", "visual", "content", "custom", "unknown"],
    review: ["open", "rejected", "by-time", "by-person"] };
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const rank = (at, row) => {
    const words = at === 1 ? order.severity : at === 2 ? order.review : null;
    return words ? words.findIndex((word) => row.classList.contains(word)) : row.cells[at].textContent;
  };
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const by = (a, b) => {
        const [left, right] = [rank(at, a.row), rank(at, b.row)];
        return typeof left === "number" ? left - right : compare(left, right);
      };
      const sorted = rows.slice().sort((a, b) => (down ? by(b, a) : by(a, b)));
      let body = null;
      for (const { row, body: home } of sorted) {
        if (!body || body.className !== home.className) {
          body = document.createElement("tbody");
          body.className = home.className;
          table.append(body);
        }
        body.append(row);
      }
      for (const empty of [...table.tBodies].filter((one) => !one.rows.length)) empty.remove();
    });
  });

  list.addEventListener("change", changed);
  search.addEventListener("input", changed);
  addEventListener("hashchange", () => read(location.hash.slice(1)));
  read(location.hash.slice(1) || remembered());
  if (location.hash) list.scrollIntoView();
})();
