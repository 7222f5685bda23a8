import { plural } from "../../../components/values/plain-words";
import type { ReportedDrift, StackReport } from "../stack-report";
import { html, type Markup } from "./markup";
import { badge, section, table, time } from "./pieces";

/** Every certificate with the days that are left of it. */
export function certificatesSection({ certificates }: StackReport) {
  return section("certificates", "Certificates", certificates, (found) => {
    if (found.length === 0) return html`<p>Nothing of the stack speaks https.</p>`;
    const rows = found.map(({ what, state, text, address }) => {
      const place = address === undefined ? "" : html` <code>${address}</code>`;
      return [html`<b>${what}</b>${place}`, badge(state), text];
    });
    return table("Certificates", ["Of", "State", "Says"], rows);
  });
}

/** What differs from what the last update left, by the last run that looked. */
export function driftSection({ drift }: StackReport) {
  return section(
    "drift",
    "Drift",
    drift,
    (found) => html`${driftOf(found)}${unseen(found)}
<p class="dim">As it was found at ${time(found.when)} UTC.</p>`,
  );
}

function driftOf({ resources, unseen: hidden }: ReportedDrift): Markup {
  if (resources.length === 0)
    return html`<p>${badge("ok")} None${hidden.length > 0 ? " in what could be looked at" : ""}: all is as the last update left it.</p>`;
  const rows = resources.map(({ name, state, properties }) => [
    html`<b>${name}</b>`,
    badge(state),
    properties.join(", "),
  ]);
  return table("What differs", ["Resource", "It is", "Properties"], rows);
}

function unseen({ unseen: hidden }: ReportedDrift): Markup[] {
  return hidden.map(
    ({ why, count }) =>
      html`<p class="note warn">Not looked at: ${plural(count, "resource")}, as ${why}.</p>`,
  );
}
