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
  load: "caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1",
  servedBy: (text) => /reverse_proxy ([^:\s]+):/.exec(text)?.[1],
};

function site({ publish, container, port }: Site): string {
  return lines(
    `:${publish} {`,
    `\treverse_proxy ${container}:${port} {`,
    "\t\tlb_try_duration 5s", // covers the moment in which an app restarts
    "\t\tlb_try_interval 100ms",
    "\t}",
    "}",
  );
}

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}
