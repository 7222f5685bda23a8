import { createHash } from "node:crypto";
import type { StackReport } from "../stack-report";
import { certificatesSection, driftSection } from "./health-sections";
import { html, ownText } from "./markup";
import { nexusSection } from "./nexus-section";
import { time } from "./pieces";
import { registriesSection } from "./registries-section";
import { releasesSection } from "./releases-section";
import { backSection, runningSection } from "./running-section";
import { SCRIPT } from "./script";
import { STYLE } from "./style";

/** The report as one HTML page that asks for nothing else, neither from where it lies nor from the network. */
export function renderPage(report: StackReport): string {
  const { project, stack, made } = report;
  const sections = [
    runningSection(report),
    backSection(report),
    releasesSection(report),
    registriesSection(report),
    nexusSection(report),
    certificatesSection(report),
    driftSection(report),
  ];
  const links = sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${stack} of ${project}</title>
<style>${ownText(STYLE)}</style>
</head>
<body>
<header>
<h1>${stack} <small>of ${project}</small></h1>
<p class="dim">As it was at ${time(made)} UTC.</p>
<nav aria-label="Parts of this page"><ul>${links}</ul></nav>
</header>
<main>
${sections.map(({ markup }) => markup)}</main>
<footer>Made by <code>berth report ${stack}</code>. It changes nothing, and nothing on this page asks anybody for anything.</footer>
<script>${ownText(SCRIPT)}</script>
</body>
</html>
`;
  return page.html;
}

/** Nothing is loaded from anywhere, and only what this program has written is style or script. */
function policy(): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; base-uri 'none'; form-action 'none'`;
}
