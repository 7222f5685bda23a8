/**
 * What the page can do besides being read: it finds releases by what stands in their entries. Without it everything is shown, and the
 * fields are not. It is text that a browser runs, so that nothing has to be compiled for it.
 */
export const SCRIPT = `
"use strict";
(() => {
  const form = document.querySelector(".filter");
  if (!form) return;
  const [text, result, app] = ["text", "result", "app"].map((name) => form.elements.namedItem(name));
  const count = form.querySelector("output");
  const entries = [...document.querySelectorAll(".line li")].map((item) => ({
    item, words: item.textContent.toLowerCase(), result: item.className, app: item.closest("[data-app]").dataset.app,
  }));
  const show = () => {
    const wanted = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const fits = wanted.every((word) => entry.words.includes(word))
        && (result.value === "" || result.value === entry.result) && (!app || app.value === "" || app.value === entry.app);
      entry.item.hidden = !fits;
      if (fits) shown++;
    }
    for (const part of document.querySelectorAll("[data-app]"))
      part.hidden = shown > 0 && !part.querySelector("li:not([hidden])");
    count.value = shown + " of " + entries.length;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
})();
`;
