import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/**
 * The settings of a stack (`berth:…` in Pulumi.<stack>.yaml): their shape, defaults and errors. The only reader
 * of pulumi.Config.
 */

const expected = (what: string) => ({
  error: (issue: { input?: unknown }) => expectation(what, issue.input),
});
const recordOf = (what: string) => ({
  error: (issue: { input?: unknown; code?: string }) =>
    issue.code === "invalid_key" ? undefined : expectation(`${what} by name`, issue.input),
});
const port = () =>
  z.int(expected("a port 1–65535")).min(1, expected("a port 1–65535")).max(65535, expected("a port 1–65535"));
const text = (what: string) => z.string(expected(what)).min(1, expected(what));
const seconds = () =>
  z.int(expected("seconds, a whole number above 0")).min(1, expected("seconds, a whole number above 0"));
const megabytes = (least: number) =>
  z.int(expected(`megabytes, at least ${least}`)).min(least, expected(`megabytes, at least ${least}`));
const flag = () => z.boolean(expected("true or false"));
const matching = (pattern: RegExp, what: string) => z.string(expected(what)).regex(pattern, expected(what));

const dockerAddress = () =>
  matching(/^(unix:\/\/\/.+|tcp:\/\/.+|ssh:\/\/.+)$/, "unix:///path, tcp://host:port or ssh://user@host");
const url = () =>
  matching(/^https?:\/\/\S*[^\s/]$/, "an address like https://example.com, without a trailing slash");
const name = () =>
  matching(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "a name of lower-case letters, digits and dashes");
const digest = () => matching(/^sha256:[0-9a-f]{64}$/, "a digest sha256:<64 hex digits>");

const nexus = z.strictObject({
  /** Docker host that runs Nexus. */
  docker: dockerAddress().default("unix:///var/run/docker.sock"),
  image: text("an image name").default("sonatype/nexus3:3.76.1"), // the last before the EULA had to be accepted
  /** Name or address under which CI, builders and servers reach Nexus. */
  hostname: text("a host name"),
  /** Address on which the ports are published. */
  bind: text("an IP address").default("127.0.0.1"),
  ports: z
    .strictObject({
      http: port().default(8081),
      docker: port().default(8082),
      dockerGroup: port().default(8083),
    })
    .prefault({}),
  /** Registry that base images come from; credentials lift the public hub's limits. */
  upstream: z
    .strictObject({
      url: url().default("https://registry-1.docker.io"),
      username: text("a user name").optional(),
      password: text(
        "a password (pulumi config set --secret --path berth:nexus.upstream.password)",
      ).optional(),
    })
    .prefault({}),
  /** Megabytes for the container; half a gigabyte of heap is the least that works. */
  memory: megabytes(1536).default(2048),
  readyTimeout: seconds().default(300),
  /** The password of `admin`, where it is not to be a random one. */
  adminPassword: text("a password (pulumi config set --secret --path berth:nexus.adminPassword)").optional(),
  /** Lets `destroy` delete repositories, blob stores and the data volume. */
  allowDataLoss: flag().default(false),
});

const gitlab = z.strictObject({
  url: url(),
  /** host:port of the container registry. */
  registry: matching(/^[^/\s]+$/, "host:port of the container registry"),
  /** Path of the project: `group/name`. */
  project: matching(/^[^/\s]+(\/[^/\s]+)+$/, "a project path like group/name"),
});

const server = z.strictObject({
  docker: dockerAddress(),
  /** Name or address under which people reach what runs on it. */
  address: text("a host name or address"),
});

const release = z.strictObject({ tag: text("a tag"), digest: digest() });

const app = z.strictObject({
  build: z
    .strictObject({
      context: text("a folder").default("."),
      dockerfile: text("a file in the context").default("Dockerfile"),
      /** Base image as the upstream registry names it; the build gets it as argument BASE_IMAGE. */
      base: text("an image like library/python:3.11-slim"),
      args: z
        .record(z.string(), z.string(expected("a text")), expected("build arguments by name"))
        .default({}),
      /** CA certificates that the build needs behind a TLS-inspecting proxy; they don't reach the image. */
      caBundle: text("a file").optional(),
    })
    .optional(),
  /** Pins the app: deploys exactly this and builds nothing. Written by `rollback` and `promote`. */
  release: release.optional(),
  /** Port on which the app listens in its container, and the one on which the server publishes it. */
  port: port(),
  publish: port(),
  servers: z.array(name(), expected("a list of servers")).min(1, expected("at least one server")),
  /** Volume name → path in the container. */
  volumes: z.record(name(), matching(/^\//, "an absolute path"), recordOf("paths")).default({}),
  env: z.record(z.string(), z.string(expected("a text")), expected("texts by name")).default({}),
  memory: megabytes(6).default(512),
  healthTimeout: seconds().default(120),
});

const schema = z
  .strictObject({
    nexus,
    gitlab,
    servers: z.record(name(), server, recordOf("servers")),
    apps: z.record(name(), app, recordOf("apps")),
  })
  .superRefine(checkTogether);

export type NexusSettings = z.infer<typeof nexus>;
export type GitlabSettings = z.infer<typeof gitlab>;
export type ServerSettings = z.infer<typeof server> & { readonly name: string };
export type AppSettings = z.infer<typeof app> & { readonly name: string };
export type BuildSettings = NonNullable<AppSettings["build"]>;
export type Release = z.infer<typeof release>;

export interface Settings {
  readonly nexus: NexusSettings;
  readonly gitlab: GitlabSettings;
  readonly servers: readonly ServerSettings[];
  readonly apps: readonly AppSettings[];
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
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new SettingsError(parsed.error.issues.flatMap(lines));
  const { servers, apps, ...rest } = parsed.data;
  return { ...rest, servers: named(servers), apps: named(apps) };
}

function named<T>(things: Record<string, T>): (T & { name: string })[] {
  return Object.entries(things).map(([name, thing]) => ({ ...thing, name }));
}

type Together = {
  nexus: NexusSettings;
  servers: Record<string, unknown>;
  apps: Record<string, z.infer<typeof app>>;
};

/** What no single field can know. */
function checkTogether({ nexus, servers, apps }: Together, context: z.RefinementCtx): void {
  const problem = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  const ports = Object.entries(nexus.ports);
  for (const [i, [key, value]] of ports.entries()) {
    const twin = ports.slice(0, i).find(([, other]) => other === value);
    if (twin) problem(["nexus", "ports", key], `port ${value} is already nexus.ports.${twin[0]}`);
  }
  const taken = new Map<string, string>();
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
      const twin = taken.get(`${server}:${publish}`);
      if (twin)
        problem(
          ["apps", name, "publish"],
          `port ${publish} of server ${server} is already apps.${twin}.publish`,
        );
      taken.set(`${server}:${publish}`, name);
    }
  }
}

function lines(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${fullPath([...path, key])}: no such setting`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => `${fullPath(path)}: ${inner.message}`);
  }
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) {
    return [
      `${fullPath(path)}: ${expectation(issue.expected === "object" ? "settings by name" : issue.expected, issue.input)}`,
    ];
  }
  return [`${fullPath(path)}: ${issue.message}`];
}

function fullPath(path: readonly string[]): string {
  return `berth:${path.join(".")}`;
}

function expectation(what: string, input: unknown): string {
  return `expected ${what}, got ${input === undefined ? "nothing" : JSON.stringify(input)}`;
}
