import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { objectOf } from "../values/json-object";
import { ownUpdate, ownVersion } from "../values/own-place";
import { isOlder } from "../values/versions";
import { type AppSettings, appSchema, type BuildSettings, type Release } from "./app-settings";
import { NO_RELEASE, problemsBetween } from "./checks";
import { holdsSecret, matching, name, recordOf } from "./fields";
import { type GitlabSettings, gitlabSchema } from "./gitlab-settings";
import { lenientParse, type Parsed, schemasAt } from "./lenient-parse";
import { withNexusDefaults } from "./nexus/nexus-defaults";
import { madeNexusSchema, type NexusSettings, nexusSchemaOf, ownNexusSchema } from "./nexus/nexus-settings";
import type { ValidParts } from "./parts";
import { fullPath, type LeftOut, linesOf } from "./problems";
import { programFile } from "./program-file";
import { type ServerSettings, serverSchema } from "./server-settings";
import { isGoTime, NAMESPACE, NOTHING_WRITTEN, type Written } from "./written";

/**
 * The settings of a stack (`berth:…` in Pulumi.<stack>.yaml): their shape, defaults and errors. The only reader
 * of pulumi.Config.
 */

export const parts = {
  minimumVersion: matching(/^\d+\.\d+\.\d+$/, "a version like 0.2.0")
    .optional()
    .meta({
      description: "The oldest Berth that these settings are for: an older one refuses them.",
      examples: ["0.1.0"],
    }),
  nexus: z
    .union([madeNexusSchema, ownNexusSchema])
    .describe("Nexus and what is in it: one that the stack makes, or with `url` one of your own."),
  gitlab: gitlabSchema.describe("The GitLab project whose registry gets the images."),
  servers: recordOf(serverSchema, "servers", name()).describe(
    "Servers with a Docker, by name; {} where there are none.",
  ),
  apps: recordOf(appSchema, "apps", name()).describe("Apps to deploy, by name; {} for Nexus alone."),
};

export interface Settings {
  readonly nexus: NexusSettings;
  readonly gitlab: GitlabSettings;
  readonly servers: readonly ServerSettings[];
  /** Those to deploy. */
  readonly apps: readonly AppSettings[];
  /** Apps with `release: none`, which wait for their first promotion. */
  readonly waiting: readonly Omit<AppSettings, "release">[];
}

/** One that waits has no release. */
export type SetApp = Omit<AppSettings, "release"> & Partial<Pick<AppSettings, "release">>;

/** The keys below `berth:` that make up the settings. */
export const SETTING_KEYS = ["minimumVersion", "nexus", "gitlab", "servers", "apps"] as const;

type Raw = { readonly [key: string]: unknown };

export interface Reading {
  /** What the file says in its own words. @default nothing is known of it */
  readonly written?: Written;
  /** Where files and folders are looked for that the settings name; they aren't without it. */
  readonly root?: string | undefined;
}

/** Every error at once, one line each with the full path. */
export class SettingsError extends pulumi.RunError {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** Of settings for a newer Berth. What else is in them is not looked at: it may be what this one doesn't know. */
export class TooOldError extends SettingsError {}

/** The settings of the stack that the program runs for. @throws SettingsError */
export function readSettings(): Settings {
  const config = new pulumi.Config(NAMESPACE);
  const raw = Object.fromEntries(
    SETTING_KEYS.map((key) => [key, key === "minimumVersion" ? config.get(key) : config.getObject(key)]),
  );
  return parseSettings(raw, { written: programFile(), root: process.cwd() });
}

/** Checks what a stack file says and fills in the defaults. @throws SettingsError */
export function parseSettings(raw: Raw, reading: Reading = {}): Settings {
  const { written = NOTHING_WRITTEN, root } = reading;
  const old = tooOld(raw["minimumVersion"]);
  if (old !== undefined) throw new TooOldError([old]);
  const { wish, waits } = wishOf(withWrittenDates(raw, written));
  const parsed = parseParts(wish, written);
  const { nexus, gitlab, servers, apps } = validParts(parsed);
  const problems = problemsOf(parsed, wish, { written, root });
  if (problems.length > 0 || !nexus || !gitlab || !servers || !apps) throw new SettingsError(problems);
  const isWaiting = (app: AppSettings) => waits.includes(app.name);
  return {
    nexus,
    gitlab,
    servers: named(servers),
    apps: named(apps).filter((app) => !isWaiting(app)),
    waiting: named(apps).filter(isWaiting),
  };
}

/** Whether secrets belong at this place of the settings: `["apps", "blog", "secrets", "TOKEN"]`. */
export function isSecretField([key, ...path]: readonly string[]): boolean {
  const part = SETTING_KEYS.find((known) => known === key);
  return part !== undefined && schemasAt(parts[part], path).some(holdsSecret);
}

/** The apps to deploy and those that wait: all that a person may name. */
export function everyApp({ apps, waiting }: Pick<Settings, "apps" | "waiting">): readonly SetApp[] {
  return [...apps, ...waiting];
}

/** Every Docker host that the settings name, each once. */
export function dockerHosts({ nexus, servers }: Pick<Settings, "nexus" | "servers">): string[] {
  return [...new Set([...[nexus.docker ?? []].flat(), ...servers.map(({ docker }) => docker)])];
}

/** Why this Berth is too old; undefined where it isn't, and where that is no version, which is an error of its own. */
export function tooOld(minimum: unknown, own = ownVersion): string | undefined {
  if (minimum === undefined || !parts.minimumVersion.safeParse(minimum).success) return undefined;
  const [wanted, here] = [String(minimum), own()];
  if (!isOlder(here, wanted)) return undefined;
  return `berth:minimumVersion: these settings are for Berth ${wanted} or newer, and this is ${here}. Update it: ${ownUpdate(wanted)}`;
}

type PartKey = (typeof SETTING_KEYS)[number];
type PartsParsed = { readonly [Key in PartKey]: Parsed<z.infer<(typeof parts)[Key]>> };

function parseParts(wish: Raw, written: Written): PartsParsed {
  return {
    minimumVersion: lenientParse(parts.minimumVersion, wish["minimumVersion"], ["minimumVersion"], written),
    nexus: lenientParse(nexusSchemaOf(wish["nexus"]), wish["nexus"], ["nexus"], written),
    gitlab: lenientParse(parts.gitlab, wish["gitlab"], ["gitlab"], written),
    servers: lenientParse(parts.servers, wish["servers"], ["servers"], written),
    apps: lenientParse(parts.apps, wish["apps"], ["apps"], written),
  };
}

function validParts({ nexus, gitlab, servers, apps }: PartsParsed): ValidParts {
  return { nexus: nexus.data, gitlab: gitlab.data, servers: servers.data, apps: apps.data };
}

/** Those of single fields, then those between fields, then those of the machine. */
function problemsOf(
  parsed: PartsParsed,
  wish: Raw,
  { written, root }: Reading & { written: Written },
): string[] {
  const problems = SETTING_KEYS.flatMap((key) =>
    parsed[key].issues.flatMap((issue) => linesOf(issue, key, parsed[key].wish, written)),
  );
  const strays = Object.keys(wish).filter((key) => !SETTING_KEYS.some((known) => known === key));
  problems.push(...strays.map((key) => `${fullPath([key])}: no such setting`));
  const leftOut = SETTING_KEYS.flatMap((key) => leftOutOf(key, parsed[key].pruned));
  const around = { apps: wish["apps"], leftOut, written, root };
  return [...problems, ...problemsBetween(validParts(parsed), around)];
}

function leftOutOf(key: PartKey, pruned: readonly (readonly PropertyKey[])[]): LeftOut[] {
  return pruned.map((path) => {
    const around = path.length > 0 ? schemasAt(parts[key], path.slice(0, -1)) : [];
    const isEntry = around.some((schema) => schema._zod.def.type === "record");
    return { path: [key, ...path.map(String)], name: isEntry ? String(path.at(-1)) : undefined };
  });
}

/** The settings as they are to be parsed, and the apps that wait. */
function wishOf(raw: Raw): { wish: Raw; waits: string[] } {
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  const { registry } = objectOf(given["gitlab"]);
  const nexus = withNexusDefaults(given["nexus"], registry);
  const { apps, waits } = withoutWaiting(given["apps"]);
  return {
    wish: { ...given, ...(nexus !== undefined && { nexus }), ...(apps !== undefined && { apps }) },
    waits,
  };
}

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

/** The engine makes `2024-01-01 00:00:00 +0000 UTC` of a date; a setting is what stands in the file. */
function withWrittenDates(raw: Raw, written: Written): Raw {
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (isGoTime(value)) return written.textAt(path, value) ?? value;
    if (Array.isArray(value)) return value.map((inner, index) => walk(inner, [...path, String(index)]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, walk(inner, [...path, key])]),
    );
  };
  return walk(raw, []) as Raw;
}

function named<T>(things: Readonly<Record<string, T>>): (T & { name: string })[] {
  return Object.entries(things).map(([name, thing]) => ({ ...thing, name }));
}

export type { AppSettings, BuildSettings, GitlabSettings, NexusSettings, Release };
