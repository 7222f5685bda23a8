import { bytesText } from "../../../components/values/bytes-text";
import { plural } from "../../../components/values/plain-words";
import type { ReportedFinding, ReportedRepository, StackReport } from "../stack-report";
import { html, type Markup } from "./markup";
import { badge, section, table } from "./pieces";

/** Nexus's repositories with what they hold, then what limits it. */
export function nexusSection({ nexus }: StackReport) {
  return section("nexus", "Nexus", nexus, ({ repositories, limits }) => {
    const hasAddress = repositories.some(({ address }) => address !== undefined);
    const head = ["Repository", "Format", "Type", "Holds", "Blob store", ...(hasAddress ? ["Address"] : [])];
    const rows = repositories.map((one) => rowOf(one, hasAddress));
    const list =
      rows.length === 0 ? html`<p>It has no repositories.</p>` : table("Repositories in Nexus", head, rows);
    return html`${list}
<h3>Limits</h3>
${findings("Limits of Nexus", limits)}`;
  });
}

function rowOf(one: ReportedRepository, hasAddress: boolean): (Markup | string)[] {
  const { name, format, type, online, blobStore, address } = one;
  const place = hasAddress ? [address === undefined ? "" : html`<code>${address}</code>`] : [];
  const state = online ? "" : html` <span class="badge warn">offline</span>`;
  return [html`<b>${name}</b>${state}`, format, type, heldText(one), blobStore, ...place];
}

function heldText({ content }: ReportedRepository): string {
  if (content === undefined) return "what its members hold";
  if ("problem" in content) return `not known: ${content.problem}`;
  const { components, bytes, more } = content.found;
  return `${more ? "more than " : ""}${plural(components, "component")}, ${bytesText(bytes)}`;
}

/** What was looked at, how that is, and what came back. */
export function findings(label: string, found: readonly ReportedFinding[]): Markup {
  const rows = found.map(({ what, state, text }) => [html`<b>${what}</b>`, badge(state), text]);
  return table(label, ["What", "State", "Says"], rows);
}
