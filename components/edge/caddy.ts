import type { EdgeSoftware, Site } from "./software";

/** Caddy 2, configured in its own language, the Caddyfile. */
export const caddy: EdgeSoftware = {
  image: "library/caddy:2",
  configFile: "/etc/caddy/Caddyfile",
  sites: "/config/sites",
  extension: "caddy",
  main: () =>
    lines(
      "{",
      "\tauto_https off",
      "\tservers {",
      "\t\tprotocols h1 h2",
      "\t}",
      "}",
      "import /config/sites/*.caddy",
    ),
  site,
  targets,
  load: "caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1",
  // As sites were written before there were targets.
  servedBy: (text) => /reverse_proxy ([^:\s{]+):/.exec(text)?.[1],
};

function site({ publish, app }: Site): string {
  return lines(
    `:${publish} {`,
    "\t@served file {",
    `\t\troot ${targets(app)}`,
    // A pattern is looked up anew each time: between a listing and a look at what it listed a file may have gone.
    "\t\ttry_files * * *",
    "\t}",
    "\thandle @served {",
    "\t\tmap {http.matchers.file.relative} {target} {",
    "\t\t\t~^/?(.+)$ $1", // older versions have no slash in front
    "\t\t}",
    "\t\treverse_proxy {target} {",
    "\t\t\tlb_try_duration 5s", // covers the moment in which an app restarts
    "\t\t\tlb_try_interval 100ms",
    "\t\t}",
    "\t}",
    "\thandle {",
    `\t\trespond "${app} is not deployed" 503`,
    "\t}",
    "}",
  );
}

function targets(app: string): string {
  return `/config/targets/${app}`;
}

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
