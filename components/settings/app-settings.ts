import { z } from "zod";
import { containerOptions } from "./app/container-options";
import { imageSchema } from "./app/image";
import { copiesOf, type ProcessFields, processesSchema } from "./app/processes";
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
  variables,
  within,
  writtenAs,
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

/** The argument that `build.base` is given to the build as. */
export const BASE_ARGUMENT = "BASE_IMAGE";

/** So many releases a server can be told to keep, and so many the state of its images remembers. */
export const MOST_KEPT = 20;

export const releaseSchema = z.strictObject({
  tag: text("a tag").describe("Tag of the image in Nexus; it only names the release, the digest decides."),
  digest: digest().describe("Digest of the image: what runs."),
  from: stackReference()
    .optional()
    .describe("The stack that it was promoted from, out of whose Nexus it is copied."),
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

/** Of a build argument or an environment variable. @param whose "a variable's name" */
const identifier = (whose: string) => matching(/^[A-Za-z_]\w*$/, `${whose} of letters, digits and _`);
const argument = () => identifier("a build argument's name");
const baseImage = () => imageName("an image like library/python:3.11-slim");

const build = z.strictObject({
  context: text("a folder")
    .default(".")
    .describe("Folder whose files the build gets, from the folder of Pulumi.yaml on."),
  dockerfile: text("a file in the context").default("Dockerfile").describe("Its Dockerfile, in the context."),
  target: matching(/^[A-Za-z][\w.-]*$/, "the name of a stage of the Dockerfile")
    .optional()
    .describe("The stage that is the image. Without it: the last one."),
  platform: matching(/^linux\/[a-z0-9]+(\/v\d+)?$/, "a platform like linux/arm64")
    .optional()
    .describe("What it is built for. Without it: what its servers are; linux/amd64 without any."),
  base: baseImage()
    .optional()
    .meta({
      description: `Base image as the upstream registry names it. It comes through Nexus, by digest: the build gets it as argument ${BASE_ARGUMENT}.`,
      examples: ["library/python:3.11-slim"],
    }),
  bases: recordOf(baseImage(), "base images", argument())
    .default({})
    .describe("Build argument → base image, where the argument has another name or there are several."),
  args: z
    .record(z.string(), z.string(expected("a text")), expected("build arguments by name"))
    .default({})
    .describe("Build argument → value. Everybody who can pull the image can read them: no secrets."),
  secrets: secretsAt("apps.<app>.build.secrets").describe(
    "Name → value: `RUN --mount=type=secret,id=<name>` has it while it runs, and nothing else.",
  ),
  ssh: flag()
    .default(false)
    .describe(
      "`RUN --mount=type=ssh` can use the ssh agent of who runs Berth, for what it fetches by ssh. No key reaches the image.",
    ),
  cache: flag()
    .default(false)
    .describe(
      "Layers that have not changed are taken out of the image before, from GitLab's registry, where the builder doesn't have them: for one that is new for each job.",
    ),
  caBundle: text("a file")
    .optional()
    .describe(
      "PEM file of CA certificates that the build needs behind a TLS-inspecting proxy; they don't reach the image.",
    ),
});

const variable = () => identifier("a variable's name");

const absolutePath = () => matching(/^\//, "an absolute path");

const capability = () =>
  matching(/^(CAP_)?[A-Z][A-Z_]*$/, "a capability such as NET_BIND_SERVICE").transform((one) =>
    one.replace(/^CAP_/, ""),
  );

const volumeFields = z.strictObject({
  path: absolutePath().describe("Where it is in the container."),
  allowDataLoss: flag().default(false).describe("Lets `up` and `destroy` delete it with what it holds."),
  was: name().optional().describe("Its name before: it keeps what it holds."),
});
/** A path alone is the usual case. */
const volume = writtenAs(
  z.union([absolutePath(), volumeFields]),
  z.preprocess((given) => (typeof given === "string" ? { path: given } : given), volumeFields),
);

export const appSchema = z.strictObject({
  was: name().optional().describe("Its name before: volumes and traffic go over to this one."),
  build: build
    .optional()
    .describe("How its image is built. Without it the app needs an image, another app's, or a release."),
  image: imageSchema.optional().meta({
    description:
      "In place of `build`, an image of somebody else: with its tag, which each update looks up through Nexus, or by its digest.",
    examples: ["grafana/grafana:11.1.0"],
  }),
  imageOf: name()
    .optional()
    .describe(
      "In place of `build`, the app whose image this one runs, too: built once, and always the same release.",
    ),
  release: writtenAs(z.union([z.literal("none"), releaseSchema]), releaseSchema.optional()).describe(
    "Pins the app: deploys exactly this and builds nothing. Written by `rollback` and `promote`. `none`: it waits for its first promotion.",
  ),
  port: port()
    .optional()
    .describe(
      "Port on which it listens in its container. For servers, where it isn't made of `processes` alone.",
    ),
  publish: port().optional().describe("Port on which the servers publish it. It goes with `port`."),
  servers: z
    .array(name(), expected("a list of servers"))
    .default([])
    .describe("Servers that run it, by their names in berth:servers."),
  gitops: gitopsSchema.describe(
    "Files in GitLab projects that say what a cluster runs, one or a list of them: beside servers, or without any.",
  ),
  volumes: recordOf(volume, "paths", name())
    .default({})
    .describe("Volume → path in the container, or path and more. It keeps what it holds over updates."),
  env: variables()
    .default({})
    .describe("Environment variables. Everybody who can ask that Docker can read them: no secrets."),
  secrets: secretsAt("apps.<app>.secrets").describe(
    "Name → value: the file /run/secrets/<name>, which the app's user alone can read.",
  ),
  secretEnv: listOf(variable(), "a list of the names of secrets")
    .default([])
    .meta({
      description:
        "Environment variables out of secrets: the name of one for its value, which no `docker inspect` shows; with `_FILE` behind it for the path of its file.",
      examples: [["DATABASE_URL", "API_KEY_FILE"]],
    }),
  memory: megabytes(6).default(512).describe("Megabytes of memory that a container may use at most."),
  cpus: z
    .number(expected("a number of processors above 0"))
    .positive(expected("a number of processors above 0"))
    .optional()
    .describe("Processors that a container may use at most, as 0.5. Without it: all."),
  user: matching(/^[^:\s]+(:[^:\s]+)?$/, "user or user:group")
    .optional()
    .describe("Whom it runs as: `user` or `user:group`, names or numbers. Without it: as the image says."),
  readOnly: flag().default(false).describe("Nothing can be written outside volumes and `tmpfs`."),
  tmpfs: listOf(absolutePath(), "a list of folders")
    .optional()
    .describe("Folders that are kept in memory. Without it: /tmp where `readOnly` is set."),
  capabilities: listOf(capability(), "a list of capabilities")
    .default(KEPT_CAPABILITIES)
    .describe("What it keeps of the rights of root, as Linux capabilities."),
  restart: oneOf("no", "on-failure", "always", "unless-stopped")
    .default("unless-stopped")
    .describe("What Docker does when it ends by itself, or after a restart of the server."),
  healthTimeout: seconds().default(120).describe("Seconds until a new container has to be healthy."),
  health: healthSchema
    .optional()
    .describe(
      "How it shows that it is fit for traffic. Without it: the image's own HEALTHCHECK; without one, that its port takes connections.",
    ),
  drainTimeout: seconds()
    .default(30)
    .describe(
      "Seconds that a replaced container may go on answering what it has begun, before it is killed.",
    ),
  releaseCommand: listOf(text("a word"), "a list of words")
    .min(1, expected("at least one word"))
    .optional()
    .meta({
      description:
        "Runs once for each release, on the first server, before anything is replaced: a database migration.",
      examples: [["python", "manage.py", "migrate"]],
    }),
  processes: processesSchema,
  keepReleases: within(2, MOST_KEPT, `a number of releases, 2 to ${MOST_KEPT}`)
    .default(3)
    .describe(
      "Releases whose images each server keeps: the one that runs, and those before it that a rollback takes soonest. All older ones are removed there once a new release serves.",
    ),
  releaseTimeout: seconds().default(600).describe("Seconds that the release command may take."),
  smoke: smokeSchema
    .optional()
    .describe(
      "Looked at through the edge after the switch: an update whose app isn't so has failed. Nothing goes back by itself.",
    ),
  ...containerOptions,
});

export type AppSettings = z.infer<typeof appSchema> & { readonly name: string };
export type BuildSettings = NonNullable<AppSettings["build"]>;
export type Release = z.infer<typeof releaseSchema>;

/** What is built for where nothing tells. */
export const USUAL_PLATFORM = "linux/amd64";

/** Whether only docker buildx, by @pulumi/docker-build, can give a build what it needs. */
export function needsBuildx({ secrets, ssh }: Pick<BuildSettings, "secrets" | "ssh">): boolean {
  return ssh || Object.keys(secrets).length > 0;
}

/** Whether any of the apps is built so. */
export function someNeedBuildx(apps: readonly Pick<AppSettings, "build" | "release">[]): boolean {
  return apps.some(({ build, release }) => build && !release && needsBuildx(build));
}

/** Every base of a build, by the argument that it is given as. */
export function basesOf({ base, bases }: Pick<BuildSettings, "base" | "bases">): Record<string, string> {
  return base === undefined ? bases : { [BASE_ARGUMENT]: base, ...bases };
}

export type AppFields = z.infer<typeof appSchema>;

/** Whether it runs on servers. */
export function isPlaced({ servers }: Pick<AppSettings, "servers">): boolean {
  return servers.length > 0;
}

/** An app that is served on servers, and so has its ports (`checkTogether`): not one that is made of processes alone. */
export type ServedApp = AppSettings & { readonly port: number; readonly publish: number };

export function isServed(app: AppSettings): app is ServedApp {
  return isPlaced(app) && app.port !== undefined && app.publish !== undefined;
}

/** A container of a process of an app, with all that it has of its app. */
export type ProcessSettings = AppSettings &
  Pick<ProcessFields, "command"> & {
    /** Its own name: `worker`, or `worker-2` of several. */
    readonly process: string;
    /** As settings name it. */
    readonly copyOf: string;
  };

/** The processes that run on one of an app's servers, each of several copies by itself. */
export function processesOn(app: AppSettings, server: string): ProcessSettings[] {
  return Object.entries(app.processes).flatMap(([copyOf, { servers = app.servers, health, ...own }]) => {
    if (!servers.includes(server)) return [];
    const { memory = app.memory, cpus = app.cpus, drainTimeout = app.drainTimeout, command } = own;
    const env = { ...app.env, ...own.env };
    const fields = { ...app, copyOf, command, health, memory, cpus, drainTimeout, env };
    return copiesOf(copyOf, own).map((process) => ({ ...fields, process }));
  });
}
