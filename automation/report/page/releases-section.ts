import { plural } from "../../../components/values/plain-words";
import { pipelineNumber } from "../for-readers";
import type { ReportedApp, ReportedRelease, StackReport } from "../stack-report";
import { html, type Markup } from "./markup";
import { badge, digestCode, link, section, time } from "./pieces";

/** Every deployment of each app on a line of time, the newest first. */
export function releasesSection({ apps }: StackReport) {
  return section("releases", "Releases", apps, (found) => html`${filter(found)}${found.map(timeLine)}`);
}

function timeLine({ app, releases, files = [] }: ReportedApp): Markup {
  const notes = files.map(
    (file) => html`<p>It is written to ${file}; nobody looked whether pods run it.</p>`,
  );
  if (releases.length === 0) return html`<h3>${app}</h3><p>It was never deployed.</p>${notes}`;
  return html`<div data-app="${app}"><h3>${app} <small>${plural(releases.length, "deployment")}</small></h3>${notes}
<ol class="line" aria-label="Releases of ${app}, the newest first">
${releases.map(entry)}</ol></div>
`;
}

/** Hidden until a script makes it work. */
function filter(apps: readonly ReportedApp[]): Markup | string {
  const deployed = apps.filter(({ releases }) => releases.length > 0);
  if (deployed.length === 0) return "";
  const results = ["succeeded", "failed"].map((result) => html`<option>${result}</option>`);
  const names = deployed.map(({ app }) => html`<option>${app}</option>`);
  const choice = html`<label>App <select name="app"><option value="">all</option>${names}</select></label>`;
  return html`<form class="filter" role="search" aria-label="Releases" hidden>
<label>Search <input type="search" name="text" placeholder="tag, commit, who, digest" autocomplete="off" spellcheck="false"></label>
<label>Result <select name="result"><option value="">all</option>${results}</select></label>
${deployed.length > 1 ? choice : ""}
<output aria-live="polite"></output>
</form>
`;
}

/** Short, as there may be thousands of them. */
function entry(release: ReportedRelease): Markup {
  const { tag, result, when, who, commit, from, pipeline, digest, runsOn, registries } = release;
  const facts = [
    who,
    commit === undefined ? undefined : html`commit <code>${commit.slice(0, 12)}</code>`,
    from === undefined ? undefined : `from ${from}`,
    pipeline === undefined ? undefined : pipelineLink(pipeline),
  ].filter((fact) => fact !== undefined);
  const now = runsOn.length === 0 ? "" : html` <span class="now">runs on ${runsOn.join(", ")}</span>`;
  return html`<li class="${result}"><b>${tag}</b> ${badge(result)}${now}<p>${time(when) || "by hand"}${facts.map((fact) => html` · ${fact}`)}</p>${digestCode(digest)}${held(digest, registries)}</li>
`;
}

/** Where it lies, as far as that was asked: a registry whose digest is another one has it in full. */
export function held(digest: string | undefined, registries: ReportedRelease["registries"]): Markup | string {
  if (registries === undefined) return "";
  const same = registries.filter((one) => one.digest !== undefined && one.digest === digest);
  const other = registries.filter((one) => one.digest !== undefined && one.digest !== digest);
  const here = same.length > 0 ? ` in ${same.map(({ where }) => where).join(", ")}` : "";
  const elsewhere = other.map((one) => html`, in ${one.where} ${digestCode(one.digest)}`);
  const none = ` not in ${registries.map(({ where }) => where).join(", nor in ")}`;
  return same.length + other.length === 0 ? none : html`${here}${elsewhere}`;
}

function pipelineLink(pipeline: string): Markup | string {
  if (!pipeline.includes("://")) return `pipeline ${pipeline}`;
  const number = pipelineNumber(pipeline);
  return link(number.startsWith("#") ? `pipeline ${number}` : "pipeline", pipeline);
}
