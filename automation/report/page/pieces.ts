import { minuteText } from "../../../components/values/plain-words";
import type { Part } from "../stack-report";
import { html, Markup } from "./markup";

/** A part of the page under a heading of its own, or why there is nothing to show. */
export function section<T>(
  id: string,
  title: string,
  part: Part<T>,
  body: (found: T) => Markup,
): { readonly id: string; readonly title: string; readonly markup: Markup } {
  const inner = "found" in part ? body(part.found) : notKnown(part.problem);
  return {
    id,
    title,
    markup: html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${inner}
</section>
`,
  };
}

/** What stands where something could not be asked. */
export const notKnown = (problem: string) => html`<p class="note warn"><b>Not known.</b> ${problem}</p>`;

/** A table whose rows are cards on a small screen. Roles stand in it, as browsers forget them where cells are no cells to them. */
export function table(
  label: string,
  head: readonly string[],
  rows: readonly (readonly (Markup | string)[])[],
): Markup {
  const heads = head.map((one) => html`<th role="columnheader" scope="col">${one}</th>`);
  const lines = rows.map(
    (row) =>
      html`<tr role="row">${row.map((inner, at) => cell(inner, head[at]))}</tr>
`,
  );
  return html`<table role="table" aria-label="${label}"><thead role="rowgroup"><tr role="row">${heads}</tr></thead><tbody role="rowgroup">
${lines}</tbody></table>`;
}

/** One that is empty is left out on a small screen. */
function cell(inner: Markup | string, head: string | undefined): Markup {
  const isEmpty = (inner instanceof Markup ? inner.html : inner) === "";
  return html`<td role="cell" data-head="${head}">${isEmpty ? "" : html`<div>${inner}</div>`}</td>`;
}

/** `2026-11-30 16:09` in UTC, as the commands have it. */
export function time(when: string | undefined): Markup | string {
  if (when === undefined) return "";
  return html`<time datetime="${when.slice(0, 19)}Z">${minuteText(when)}</time>`;
}

/** A digest as a whole, of which as much is shown as there is room for. */
export function digestCode(digest: string | undefined): Markup | string {
  return digest === undefined ? "" : html`<code class="digest">${digest}</code>`;
}

const FINE = ["running", "succeeded", "ok", "draining"];
const MIDDLING = ["starting", "warn", "paused", "stopped"];

/** A word of state. It is told by the word; its colour only says the same. */
export function badge(state: string): Markup {
  const kind = FINE.includes(state) ? "ok" : MIDDLING.includes(state) ? "warn" : "bad";
  return html`<span class="badge ${kind}">${state}</span>`;
}

/** A link where the address is one, else the text alone. */
export function link(text: string, address: string | undefined): Markup | string {
  if (!address || !/^https?:\/\/[^\s<>"'`\\]+$/.test(address)) return text;
  return html`<a href="${address}">${text}</a>`;
}
