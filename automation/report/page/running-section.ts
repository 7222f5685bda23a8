import type { ReportedApp, ReportedService, StackReport } from "../stack-report";
import { html, type Markup } from "./markup";
import { badge, digestCode, section, table, time } from "./pieces";
import { held } from "./releases-section";

/** What runs where, and since when. */
export function runningSection({ services }: StackReport) {
  return section("running", "What runs now", services, (found) => {
    if (found.length === 0)
      return html`<p>The settings want nothing to run, and nothing of this stack does.</p>`;
    const head = [
      "Service",
      "State",
      "Release",
      "Since (UTC)",
      "On",
      ...(hasAddresses(found) ? ["Address"] : []),
    ];
    const problems = [...new Set(found.flatMap(({ problem }) => problem ?? []))].map((problem) => {
      const services = found.filter((one) => one.problem === problem).map(({ service }) => service);
      return html`<li>${services.join(", ")}: could not be asked: ${problem}</li>`;
    });
    return html`${table("What runs now", head, found.map(rowOf))}${problems.length > 0 ? html`<ul class="note warn">${problems}</ul>` : ""}`;
  });
}

const hasAddresses = (services: readonly ReportedService[]) =>
  services.some(({ docker }) => docker !== undefined);

function rowOf(one: ReportedService): (Markup | string)[] {
  const { service, state, tag, digest, since, where, docker, ports = [] } = one;
  const release = html`${tag === undefined ? "" : html`<b>${tag}</b> `}${digestCode(digest)}`;
  const address = docker === undefined ? [] : [html`<code>${[docker, ...ports].join(" ")}</code>`];
  return [html`<b>${service}</b>`, badge(state), release, time(since), where ?? "Nexus's host", ...address];
}

/** What each app can go back to, with the command that does it. */
export function backSection({ apps, stack }: StackReport) {
  return section("back", "What can be rolled back to", apps, (found) => {
    const lists = found.map(
      (app) => html`<h3>${app.app}</h3>
${backOf(app, stack, found.length > 1)}`,
    );
    return html`${lists.length > 0 ? lists : html`<p>The stack has no apps.</p>`}`;
  });
}

function backOf({ app, was, back, releases }: ReportedApp, stack: string, several: boolean): Markup {
  const before =
    was === undefined ? "" : html`<p>Its releases from when ${app} was ${was} are not listed.</p>`;
  if (back.length === 0)
    return html`<p>Nothing: no other release of it has run before the present one.</p>${before}`;
  const registries = (tag: string) => releases.find((one) => one.tag === tag)?.registries;
  const rows = back.map(({ tag, digest, when }, at) => {
    const command = ["berth rollback", stack, several ? `--app ${app}` : "", at === 0 ? "" : `--to ${tag}`];
    return [
      html`<b>${tag}</b>`,
      time(when),
      html`${digestCode(digest)}${held(digest, registries(tag))}`,
      html`<code>${command.filter(Boolean).join(" ")}</code>`,
    ];
  });
  return html`${table(`What ${app} can go back to`, ["Release", "Deployed (UTC)", "Digest", "Command"], rows)}${before}`;
}
