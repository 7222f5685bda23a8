import type { Settings } from "../../components/settings/settings";

/** What the settings know and the engine's events don't. */
export interface Facts {
  /** `3.94.0 at nexus.example.com`. */
  readonly nexus: string;
  readonly apps: readonly string[];
  readonly servers: readonly string[];
}

export const NO_FACTS: Facts = { nexus: "", apps: [], servers: [] };

export function factsOf({ nexus, apps, servers }: Pick<Settings, "nexus" | "apps" | "servers">): Facts {
  const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);
  return { nexus: nexusFact(nexus), apps: names(apps), servers: names(servers) };
}

function nexusFact(nexus: Settings["nexus"]): string {
  if (nexus.url !== undefined) return `at ${nexus.url.replace(/^https?:\/\//, "")}`;
  const version = /:([^:/@]+)(@.*)?$/.exec(nexus.image)?.[1];
  return [version, `at ${nexus.hostname}`].filter(Boolean).join(" ");
}
