import { isJsonObject, type JsonObject } from "../../values/json-object";

/** What a Nexus has out of the box. A setting of the same name changes single fields of it; `false` leaves it out. */

type Entry = { readonly [field: string]: unknown };
type Entries = { readonly [name: string]: Entry };
/** Parts that have defaults, with the names the pipeline can't do without. */
const NEEDED: { readonly [part: string]: readonly string[] } = {
  repositories: ["releases", "docker"],
  accounts: ["pusher", "puller", "base-reader"],
};

/** Where Docker's hub is. */
export const HUB = "https://registry-1.docker.io";

/** What an entry of one's own begins with. */
const UNNAMED: { readonly [part: string]: Entry } = { blobStores: { type: "file" } };

type PartDefaults = { readonly [part: string]: Entries };

function defaultsOf(gitlabRegistry: unknown): PartDefaults {
  return {
    blobStores: { docker: { type: "file" } },
    cleanupPolicies: { cache: { notes: "Berth: what nobody used for two weeks", lastDownloadedDays: 14 } },
    repositories: {
      // A tag, once released, stays what it is; `latest` may move.
      releases: { type: "hosted", port: 8082, movableLatest: true },
      // What builds keep between jobs, gone after two weeks without use.
      cache: { type: "hosted", port: 8084, writePolicy: "ALLOW", cleanup: ["cache"] },
      hub: { type: "proxy", remote: HUB },
      ...(typeof gitlabRegistry === "string" && {
        gitlab: { type: "proxy", remote: `https://${gitlabRegistry}` },
      }),
      // The cache comes last: what is pushed there hides no image of the hub.
      docker: { type: "group", port: 8083, members: ["releases", "hub", "gitlab", "cache"] },
    },
    accounts: {
      pusher: { purpose: "pushes releases and build caches", push: ["releases", "cache"] },
      puller: { purpose: "pulls what a server runs", pull: ["docker", "releases"] },
      "base-reader": { purpose: "pulls base images", pull: ["docker"] },
    },
  };
}

/**
 * The settings of `berth:nexus` with the defaults below them. What isn't shaped as expected is passed on as it is, for
 * the schema to complain about; a needed entry that was set to false stays false, so that it does.
 */
export function withNexusDefaults(nexus: unknown, gitlabRegistry: unknown): unknown {
  if (!isJsonObject(nexus)) return nexus;
  if (nexus["url"] !== undefined) return withOwnDefaults(nexus);
  const merged: Record<string, unknown> = { ...nexus };
  for (const [part, entries] of Object.entries(defaultsOf(gitlabRegistry))) {
    const given = nexus[part] ?? {};
    merged[part] = isJsonObject(given) ? mergeEntries(part, entries, given) : given;
  }
  const gone = Object.keys(defaultsOf("")["repositories"]!).filter(
    (name) => isJsonObject(merged["repositories"]) && !(name in merged["repositories"]),
  );
  return { ...merged, ...withoutMissing(nexus, merged, gone) };
}

/** Beside `url` nothing is there without a word but what the pipeline itself uses: the rest is somebody's already. */
const OWN: PartDefaults = {
  blobStores: {},
  cleanupPolicies: {},
  repositories: {
    releases: { type: "hosted", movableLatest: true },
    docker: { type: "group", members: ["releases"] },
  },
  accounts: {
    pusher: { purpose: "pushes releases", push: ["releases"] },
    puller: { purpose: "pulls what a server runs", pull: ["docker", "releases"] },
    "base-reader": { purpose: "pulls base images", pull: ["docker"] },
  },
};

/** What a setting may leave out, by part, and `*` for entries of any other name: for editors and the reference. */
export function entryDefaults(nexus: "made" | "own", gitlabRegistry: string): PartDefaults {
  const named = nexus === "made" ? defaultsOf(gitlabRegistry) : OWN;
  const parts = Object.entries(named).map(([part, entries]) => {
    const any = UNNAMED[part];
    return [part, any === undefined ? entries : { ...entries, "*": any }];
  });
  return Object.fromEntries(parts);
}

/** Whether `false` leaves it out. */
export function mayBeLeftOut(part: string, name: string): boolean {
  return name !== "*" && !NEEDED[part]?.includes(name);
}

function withOwnDefaults(nexus: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...nexus };
  for (const [part, entries] of Object.entries(OWN)) {
    const given = nexus[part] ?? {};
    merged[part] = isJsonObject(given) ? mergeEntries(part, entries, given) : given;
  }
  const { repositories } = merged;
  if (!isJsonObject(repositories)) return merged;
  // Every Nexus has a blob store of this name (docs/decisions/0034).
  const placed = Object.entries(repositories).map(([name, entry]) => [
    name,
    isJsonObject(entry) ? { blobStore: "default", ...entry } : entry,
  ]);
  return { ...merged, repositories: Object.fromEntries(placed) };
}

function mergeEntries(part: string, defaults: Entries, given: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...defaults };
  for (const [name, entry] of Object.entries(given)) {
    if (entry === false && name in defaults && mayBeLeftOut(part, name)) delete merged[name];
    else merged[name] = isJsonObject(entry) ? { ...(defaults[name] ?? UNNAMED[part]), ...entry } : entry;
  }
  return merged;
}

/** A default that names a repository which was left out names it no more; what the user wrote is left as it is. */
function withoutMissing(given: JsonObject, merged: JsonObject, gone: readonly string[]): JsonObject {
  const parts: Record<string, unknown> = {};
  for (const [part, lists] of [
    ["repositories", ["members"]],
    ["accounts", ["pull", "push"]],
  ] as const) {
    if (!isJsonObject(merged[part])) continue;
    const theirs = isJsonObject(given[part]) ? given[part] : {};
    parts[part] = Object.fromEntries(
      Object.entries(merged[part]).map(([name, entry]) => [name, prune(entry, theirs[name], lists, gone)]),
    );
  }
  return parts;
}

function prune(entry: unknown, given: unknown, lists: readonly string[], gone: readonly string[]): unknown {
  if (!isJsonObject(entry)) return entry;
  const pruned: Record<string, unknown> = { ...entry };
  for (const list of lists) {
    const value = entry[list];
    const written = isJsonObject(given) && list in given;
    if (!written && Array.isArray(value)) pruned[list] = value.filter((name) => !gone.includes(name));
  }
  return pruned;
}
