/* Adds a button that copies the hand-out: as rich text for documents, as Markdown for notes. */
"use strict";
(() => {
  const sheets = document.querySelector(".sheets");
  const markdown = document.getElementById("markdown").textContent.replaceAll("\u00a0", " ");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  sheets.before(button);

  function rich() {
    const copy = sheets.cloneNode(true);
    for (const drawn of copy.querySelectorAll("svg, .fill, .running")) drawn.remove();
    for (const link of copy.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    return copy.innerHTML;
  }

  button.addEventListener("click", () => {
    const put = (event) => {
      event.clipboardData.setData("text/html", rich());
      event.clipboardData.setData("text/plain", markdown);
      event.preventDefault();
    };
    document.addEventListener("copy", put, { once: true });
    const done = document.execCommand("copy");
    document.removeEventListener("copy", put);
    button.textContent = done ? "Copied" : "Copying is not allowed here";
  });
})();
