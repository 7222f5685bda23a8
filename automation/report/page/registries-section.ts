import { bytesText } from "../../../components/values/bytes-text";
import { plural } from "../../../components/values/plain-words";
import type { HeldReleases, ReportedRegistry, StackReport } from "../stack-report";
import { html, type Markup } from "./markup";
import { notKnown, section, table } from "./pieces";

/** What the two registries hold of the stack's apps, and what a cleanup would free. */
export function registriesSection({ registries, stack }: StackReport) {
  return section("registries", "Registries", { found: registries }, (found) => {
    const note = html`<p class="dim">Sizes are those of images, layers that they share counted with each. <code>berth cleanup ${stack} --dry-run</code> says what stays and why.</p>`;
    return html`${found.map(registryPart)}${note}`;
  });
}

function registryPart({ where, holds }: ReportedRegistry): Markup {
  const head = ["App", "Releases", "Size", "Other tags", "Cleanup would free"];
  const inner =
    "problem" in holds
      ? notKnown(holds.problem)
      : holds.found.length === 0
        ? html`<p>It holds none: the stack builds no app.</p>`
        : html`${table(`Releases in ${where}`, head, holds.found.map(rowOf))}${notFreed(holds.found)}`;
  return html`<h3>${where}</h3>
${inner}
`;
}

function rowOf({ app, releases, bytes, foreign, cleanup }: HeldReleases): (Markup | string)[] {
  const freed = "problem" in cleanup ? "not known" : freedText(cleanup.found);
  return [html`<b>${app}</b>`, String(releases), bytesText(bytes), String(foreign), freed];
}

function freedText({ tags, bytes }: { readonly tags: readonly string[]; readonly bytes: number }): string {
  return tags.length === 0 ? "nothing" : `${bytesText(bytes)} in ${plural(tags.length, "tag")}`;
}

/** Said once, whatever apps it concerns. */
function notFreed(held: readonly HeldReleases[]): Markup {
  const problems = held.flatMap(({ cleanup }) => ("problem" in cleanup ? [cleanup.problem] : []));
  return html`${[...new Set(problems)].map((problem) => html`<p class="note warn">What cleanup would free is not known. ${problem}</p>`)}`;
}
