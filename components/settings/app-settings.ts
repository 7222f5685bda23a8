import { z } from "zod";
import { containerOptions } from "./app/container-options";
import {
  digest,
  expected,
  flag,
  imageName,
  listOf,
  matching,
  megabytes,
  name,
  oneOf,
  port,
  recordOf,
  seconds,
  secretFields,
  stackReference,
  text,
} from "./fields";
import { gitopsSchema } from "./gitops/gitops-settings";
import { healthSchema, smokeSchema } from "./health-settings";

/** The settings of one app (`berth:apps.<name>`); docs/deploy.md tells what they are for. */

/**
 * What a container keeps of the rights of root, by default: enough for images that start as root to prepare their files,
 * to take another user's name (gosu, su-exec, nginx, postgres), to signal it, and to listen below port 1024. Docker would
 * leave it raw sockets, device files, chroot, and passing on such rights as well.
 */
const KEPT_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

export const releaseSchema = z.strictObject({
  tag: text("a tag"),
  digest: digest(),
  /** The stack that it was promoted from, out of whose Nexus it is copied. */
  from: stackReference().optional(),
});

/** No message repeats a value, wherever it stands. */
const secretsAt = (path: string) => {
  const unsaid = (what: string) => ({
    error: () => `expected ${what} (pulumi config set --secret --path 'berth:${path}.<NAME>')`,
  });
  const value = z.string(unsaid("a text")).min(1, unsaid("a text"));
  secretFields.add(value);
  return z
    .record(
      matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,90}$/, "a file's name of letters, digits, _, - and ."),
      value,
      {
        error: (issue) => (issue.code === "invalid_key" ? undefined : unsaid("secrets by name").error()),
      },
    )
    .default({});
};

const argument = () => matching(/^[A-Za-z_]\w*$/, "a build argument's name of letters, digits and _");
const baseImage = () => imageName("an image like library/python:3.11-slim");

const build = z.strictObject({
  context: text("a folder").default("."),
  dockerfile: text("a file in the context").default("Dockerfile"),
  /** The stage that is the image. @default the last one */
  target: matching(/^[A-Za-z][\w.-]*$/, "the name of a stage of the Dockerfile").optional(),
  /** What it is built for. @default what its servers are; linux/amd64 without any */
  platform: matching(/^linux\/[a-z0-9]+(\/v\d+)?$/, "a platform like linux/arm64").optional(),
  /** Base image as the upstream registry names it; the build gets it as argument BASE_IMAGE. */
  base: baseImage().optional(),
  /** Build argument → base image, where there are others or several. */
  bases: recordOf(baseImage(), "base images", argument()).default({}),
  args: z.record(z.string(), z.string(expected("a text")), expected("build arguments by name")).default({}),
  /** Name → value: `RUN --mount=type=secret,id=<name>` has it while it runs, and nothing else. */
  secrets: secretsAt("apps.<app>.build.secrets"),
  /** CA certificates that the build needs behind a TLS-inspecting proxy; they don't reach the image. */
  caBundle: text("a file").optional(),
});

const absolutePath = () => matching(/^\//, "an absolute path");

const capability = () =>
  matching(/^(CAP_)?[A-Z][A-Z_]*$/, "a capability such as NET_BIND_SERVICE").transform((one) =>
    one.replace(/^CAP_/, ""),
  );

const volumeFields = z.strictObject({
  path: absolutePath(),
  /** Lets `up` and `destroy` delete it with what it holds. */
  allowDataLoss: flag().default(false),
  /** Its name before: it keeps what it holds. */
  was: name().optional(),
});
/** A path alone is the usual case. */
const volume = z.preprocess((given) => (typeof given === "string" ? { path: given } : given), volumeFields);

export const appSchema = z.strictObject({
  /** Its name before: volumes and traffic go over to this one. */
  was: name().optional(),
  build: build.optional(),
  /** Pins the app: deploys exactly this and builds nothing. Written by `rollback` and `promote`. */
  release: releaseSchema.optional(),
  /** Port on which the app listens in its container, and the one on which the server publishes it. For servers. */
  port: port().optional(),
  publish: port().optional(),
  servers: z.array(name(), expected("a list of servers")).default([]),
  /** Files in GitLab projects that say what a cluster runs: beside servers, or without any. */
  gitops: gitopsSchema,
  /** Volume name → path in the container, or path and more. */
  volumes: recordOf(volume, "paths", name()).default({}),
  env: z.record(z.string(), z.string(expected("a text")), expected("texts by name")).default({}),
  /** Name → value: the file /run/secrets/<name>, which the app's user alone can read. */
  secrets: secretsAt("apps.<app>.secrets"),
  memory: megabytes(6).default(512),
  /** Processors that it may use at most. @default all */
  cpus: z
    .number(expected("a number of processors above 0"))
    .positive(expected("a number of processors above 0"))
    .optional(),
  /** Whom it runs as: `user`, `user:group`, names or numbers. @default as the image says */
  user: matching(/^[^:\s]+(:[^:\s]+)?$/, "user or user:group").optional(),
  /** Nothing can be written outside volumes and `tmpfs`. */
  readOnly: flag().default(false),
  /** Folders that are kept in memory. @default /tmp where `readOnly` is set */
  tmpfs: listOf(absolutePath(), "a list of folders").optional(),
  /** What it keeps of the rights of root. */
  capabilities: listOf(capability(), "a list of capabilities").default(KEPT_CAPABILITIES),
  /** What Docker does when it ends by itself, or after a restart of the server. */
  restart: oneOf("no", "on-failure", "always", "unless-stopped").default("unless-stopped"),
  healthTimeout: seconds().default(120),
  /** How it shows that it is fit for traffic. @default the image's own HEALTHCHECK; without one, that its port takes connections */
  health: healthSchema.optional(),
  /** How long a replaced container may go on answering what it has begun, before it is killed. */
  drainTimeout: seconds().default(30),
  /** Runs once for each release, on the first server, before anything is replaced: a database migration. */
  releaseCommand: listOf(text("a word"), "a list of words").min(1, expected("at least one word")).optional(),
  releaseTimeout: seconds().default(600),
  /** Looked at through the edge after the switch: an update whose app isn't so has failed. Nothing goes back by itself. */
  smoke: smokeSchema.optional(),
  ...containerOptions,
});

export type AppSettings = z.infer<typeof appSchema> & { readonly name: string };
export type BuildSettings = NonNullable<AppSettings["build"]>;
export type Release = z.infer<typeof releaseSchema>;

/** What is built for where nothing tells. */
export const USUAL_PLATFORM = "linux/amd64";

/** The argument that `build.base` is given to the build as. */
export const BASE_ARGUMENT = "BASE_IMAGE";

/** Every base of a build, by the argument that it is given as. */
export function basesOf({ base, bases }: Pick<BuildSettings, "base" | "bases">): Record<string, string> {
  return base === undefined ? bases : { [BASE_ARGUMENT]: base, ...bases };
}

export type AppFields = z.infer<typeof appSchema>;

/** An app that runs on servers, where it has its ports (`checkTogether`). */
export type ServedApp = AppSettings & { readonly port: number; readonly publish: number };

export function isServed(app: AppSettings): app is ServedApp {
  return app.servers.length > 0 && app.port !== undefined && app.publish !== undefined;
}
