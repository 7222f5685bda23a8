import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type AppSettings, appSchema, type BuildSettings, type Release } from "./app-settings";
import { checkManaged, type GitlabSettings, gitlabSchema } from "./gitlab-settings";
import { publishedPorts } from "./nexus-addresses";
import { checkNexus } from "./nexus-checks";
import { withNexusDefaults } from "./nexus-defaults";
import { type NexusSettings, nexusSchema } from "./nexus-settings";
import { addressRange, dockerAddress, listOf, name, recordOf, text } from "./settings-fields";
import { checkTls, tlsSchema } from "./tls-settings";

/**
 * The settings of a stack (`berth:…` in Pulumi.<stack>.yaml): their shape, defaults and errors. The only reader
 * of pulumi.Config.
 */

const server = z.strictObject({
  /** Its name before: what runs and lies there is this one's. */
  was: name().optional(),
  docker: dockerAddress(),
  /** Name or address under which people reach what runs on it. */
  address: text("a host name or address"),
  /** https in front of its apps; without it they are served in plain http. */
  tls: tlsSchema.optional(),
  /** Load balancers in front of it: what they say of the client (X-Forwarded-Proto, -For, -Host, -Port) is believed and passed on. */
  trustedProxies: listOf(addressRange(), "a list of addresses and CIDRs").optional(),
});

const schema = z
  .strictObject({
    nexus: nexusSchema,
    gitlab: gitlabSchema,
    servers: recordOf(server, "servers", name()),
    apps: recordOf(appSchema, "apps", name()),
  })
  .superRefine(checkTogether);

export type ServerSettings = z.infer<typeof server> & { readonly name: string };

export interface Settings {
  readonly nexus: NexusSettings;
  readonly gitlab: GitlabSettings;
  readonly servers: readonly ServerSettings[];
  /** Those to deploy. */
  readonly apps: readonly AppSettings[];
  /** Apps with `release: none`, which wait for their first promotion. */
  readonly waiting: readonly Omit<AppSettings, "release">[];
}

/** The keys below `berth:` that make up the settings. */
export const SETTING_KEYS = ["nexus", "gitlab", "servers", "apps"] as const;

/** Every error at once, one line each with the full path. */
export class SettingsError extends pulumi.RunError {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** The settings of the stack that the program runs for. @throws SettingsError */
export function readSettings(): Settings {
  const config = new pulumi.Config("berth");
  const raw = Object.fromEntries(SETTING_KEYS.map((key) => [key, config.getObject(key)]));
  return parseSettings(raw);
}

/** Checks what a stack file says and fills in the defaults. @throws SettingsError */
export function parseSettings(raw: { readonly [key: string]: unknown }): Settings {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const { registry } = (given["gitlab"] ?? {}) as { registry?: unknown };
  const nexus = withNexusDefaults(given["nexus"], registry);
  const { apps: someApps, waits } = withoutWaiting(given["apps"]);
  const wish = {
    ...given,
    ...(nexus !== undefined && { nexus }),
    ...(someApps !== undefined && { apps: someApps }),
  };
  const parsed = schema.safeParse(wish);
  if (!parsed.success) throw new SettingsError(parsed.error.issues.flatMap((issue) => lines(issue, wish)));
  const { servers, apps, ...rest } = parsed.data;
  const isWaiting = (app: AppSettings) => waits.includes(app.name);
  return {
    ...{ ...rest, servers: named(servers) },
    apps: named(apps).filter((app) => !isWaiting(app)),
    waiting: named(apps).filter(isWaiting),
  };
}

/** Stands in for the release of an app that waits for one, so that all else about it is checked as ever. */
const NO_RELEASE: Release = { tag: "none", digest: `sha256:${"0".repeat(64)}` };

/** `release: none` says that an app waits; nothing at all is more likely a mistake. */
function withoutWaiting(apps: unknown): { apps: unknown; waits: string[] } {
  if (typeof apps !== "object" || apps === null) return { apps, waits: [] };
  const entries = Object.entries(apps as Record<string, { release?: unknown } | null>);
  const waits = entries.filter(([, app]) => app?.release === "none").map(([name]) => name);
  const filled = entries.map(([name, app]) => [
    name,
    waits.includes(name) ? { ...app, release: NO_RELEASE } : app,
  ]);
  return { apps: Array.isArray(apps) ? apps : Object.fromEntries(filled), waits };
}

function named<T>(things: Record<string, T>): (T & { name: string })[] {
  return Object.entries(things).map(([name, thing]) => ({ ...thing, name }));
}

export type { AppSettings, BuildSettings, GitlabSettings, NexusSettings, Release };

type Together = {
  nexus: NexusSettings;
  gitlab: GitlabSettings;
  servers: Record<string, z.infer<typeof server>>;
  apps: Record<string, z.infer<typeof appSchema>>;
};

/** What no single field can know. */
function checkTogether({ nexus, gitlab, servers, apps }: Together, context: z.RefinementCtx): void {
  const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  checkNexus(nexus, (path, message) => problem(["nexus", ...path], message));
  checkManaged(gitlab, nexus.accounts, (account, message) =>
    problem(["nexus", "accounts", account, "password"], message),
  );
  const taken = new Map<string, string>();
  for (const [name, { address, tls }] of Object.entries(servers)) {
    if (!tls) continue;
    const things = Object.keys(apps).filter((app) => apps[app]!.servers.includes(name));
    const at = (path: readonly string[], message: string) =>
      problem(["servers", name, "tls", ...path], message);
    checkTls(tls, { host: address, things, what: "app" }, at);
    if (tls.redirectFrom !== false)
      taken.set(`${name}:${tls.redirectFrom}`, `servers.${name}.tls.redirectFrom`);
  }
  checkRenames(servers, (name, message) => problem(["servers", name, "was"], message));
  checkRenames(apps, (name, message) => problem(["apps", name, "was"], message));
  for (const [name, { volumes }] of Object.entries(apps))
    checkRenames(volumes, (volume, message) => problem(["apps", name, "volumes", volume, "was"], message));
  for (const [name, { docker }] of Object.entries(servers))
    if (docker === nexus.docker)
      for (const port of publishedPorts(nexus)) taken.set(`${name}:${port}`, "one of Nexus's");
  for (const [name, { build, release, servers: on, publish }] of Object.entries(apps)) {
    if (!build && !release)
      problem(["apps", name], "expected build (to build here) or release (to deploy a built one)");
    for (const server of on) {
      if (!servers[server]) {
        problem(
          ["apps", name, "servers"],
          `expected one of ${Object.keys(servers).join(", ")}, got "${server}"`,
        );
      }
      if (servers[server]?.tls?.names[name] !== undefined) continue; // has a host name instead
      const twin = taken.get(`${server}:${publish}`);
      if (twin) problem(["apps", name, "publish"], `port ${publish} of server ${server} is already ${twin}`);
      taken.set(`${server}:${publish}`, `apps.${name}.publish`);
    }
  }
}

/** A thing can be the successor of one that is gone, and only one of them can. */
function checkRenames(
  things: Readonly<Record<string, { readonly was?: string | undefined }>>,
  problem: (name: string, message: string) => void,
): void {
  const heirs = new Map<string, string>();
  for (const [name, { was }] of Object.entries(things)) {
    if (was === undefined) continue;
    const heir = heirs.get(was);
    if (was in things) problem(name, `${was} is there still: take was out, or ${was}`);
    else if (heir !== undefined) problem(name, `${heir} was ${was} already`);
    heirs.set(was, name);
  }
}

function lines(issue: z.core.$ZodIssue, wish: unknown): string[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${fullPath([...path, key])}: no such setting`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => `${fullPath(path)}: ${inner.message}`);
  }
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    const what = issue.expected === "object" ? "settings by name" : issue.expected;
    return [`${fullPath(path)}: expected ${what}, got ${kindOf(valueAt(wish, issue.path))}`];
  }
  return [`${fullPath(path)}: ${issue.message}`];
}

function fullPath(path: readonly string[]): string {
  return `berth:${path.join(".")}`;
}

/** Only what it is: a text in the wrong place may be a password. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

/** Issues come without the value they are about. */
function valueAt(wish: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    wish,
  );
}
