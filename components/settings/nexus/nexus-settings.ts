import { isIP } from "node:net";
import { z } from "zod";
import { CLOUD_METADATA } from "../../http/private-address";
import * as field from "../fields";
import { tlsSchema } from "../tls-settings";
import { NEXUS_FORMATS } from "./nexus-formats";
import { repository } from "./nexus-repository-settings";
import { NEXUS_IMAGE } from "./nexus-version";

/** `berth:nexus`: the Nexus host, and what is in it. docs/nexus.md has an example of each part. */

const cron = () =>
  field.matching(
    /^manual$|^\S+( \S+){5,6}$/,
    'manual or a cron expression of six or seven fields ("0 0 3 * * ?")',
  );

const quota = z.strictObject({
  type: field.oneOf("spaceUsedQuota", "spaceRemainingQuota"),
  megabytes: field.megabytes(1),
});

const fileStore = z.strictObject({
  type: z.literal("file"),
  /** Below /nexus-data/blobs where relative. Default: the store's name. */
  path: field.text("a path").optional(),
  quota: quota.optional(),
  allowDataLoss: field.flag().optional(),
});
const s3Store = z.strictObject({
  type: z.literal("s3"),
  bucket: field.text("a bucket"),
  region: field.text("a region").default("DEFAULT"),
  prefix: field.text("a prefix").optional(),
  /** Days until S3 removes a deleted blob; 0: at once, by garbage collection; -1: never. */
  expirationDays: field.whole(-1, "days").default(3),
  accessKeyId: field.text("an access key id").optional(),
  secretAccessKey: field.secret("a secret access key", "nexus.blobStores.<name>.secretAccessKey").optional(),
  /** For S3 that isn't Amazon's. */
  endpoint: field.url().optional(),
  forcePathStyle: field.flag().optional(),
  quota: quota.optional(),
  allowDataLoss: field.flag().optional(),
});

const blobStore = z.discriminatedUnion("type", [fileStore, s3Store], field.unionOf("file or s3"));

const cleanupPolicy = z.strictObject({
  format: field.oneOf(...NEXUS_FORMATS).default("*"),
  notes: field.text("a text").optional(),
  /** Days since somebody last downloaded it. */
  lastDownloadedDays: field.whole(1, "days, at least 1").optional(),
  /** Days since it was published. */
  ageDays: field.whole(1, "days, at least 1").optional(),
  assetRegex: field.text("a regular expression").optional(),
  releaseType: field.oneOf("RELEASES", "PRERELEASES").optional(),
  /** Versions of a component that stay in any case, and what makes one newer than another; not of every edition. */
  retain: field.whole(1, "versions to keep, at least 1").optional(),
  sortBy: field.oneOf("version", "date").optional(),
});

const routingRule = z.strictObject({
  mode: field.oneOf("BLOCK", "ALLOW"),
  matchers: field.listOf(field.text("a regular expression"), "a list of regular expressions").min(1),
  description: z.string(field.expected("a text")).default(""),
});

const contentSelector = z.strictObject({
  expression: field.text('a CSEL expression like format == "docker"'),
  description: z.string(field.expected("a text")).default(""),
});

const actionsOf = <const T extends readonly string[]>(...actions: T) =>
  field.listOf(field.oneOf(...actions), "a list of actions").min(1, field.expected("at least one action"));
const described = { description: z.string(field.expected("a text")).default("") };
const ofRepository = {
  ...described,
  actions: actionsOf("READ", "BROWSE", "EDIT", "ADD", "DELETE", "ALL"),
  format: field.oneOf(...NEXUS_FORMATS),
  /** A name, or `*` for all of that format. */
  repository: field.text("a repository, or *").default("*"),
};
const privilege = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("wildcard"),
      ...described,
      pattern: field.text("a pattern like nexus:blobstores:*"),
    }),
    z.strictObject({
      type: z.literal("application"),
      ...described,
      actions: actionsOf(
        "READ",
        "EDIT",
        "ADD",
        "DELETE",
        "START",
        "STOP",
        "ASSOCIATE",
        "DISASSOCIATE",
        "ALL",
      ),
      domain: field.text("a domain like blobstores"),
    }),
    z.strictObject({ type: z.literal("repository-view"), ...ofRepository }),
    z.strictObject({ type: z.literal("repository-admin"), ...ofRepository }),
    z.strictObject({
      type: z.literal("repository-content-selector"),
      ...ofRepository,
      contentSelector: field.objectName(),
    }),
  ],
  field.unionOf("wildcard, application, repository-view, repository-admin or repository-content-selector"),
);

/** What a role or an account may do, by repository. */
const grants = {
  pull: field.names("repositories").default([]),
  push: field.names("repositories").default([]),
  delete: field.names("repositories").default([]),
  privileges: field.listOf(field.text("a privilege"), "a list of privileges").default([]),
  roles: field.listOf(field.text("a role"), "a list of roles").default([]),
};
const role = z.strictObject({ description: z.string(field.expected("a text")).default(""), ...grants });
const account = z.strictObject({
  /** What it is for; its last name in the UI. */
  purpose: field.text("a text").default("made by Berth"),
  /** Where it is not to be a random one. */
  password: field.secret("a password", "nexus.accounts.<name>.password").optional(),
  ...grants,
});

const task = z.strictObject({
  type: field.text("a task type like blobstore.compact"),
  schedule: cron().default("manual"),
  properties: z
    .record(z.string(), z.string(field.expected("a text")), field.expected("texts by name"))
    .default({}),
  enabled: field.flag().default(true),
  alertEmail: field.mailAddress().optional(),
});

const PRIVATE_HOST = "a host name or an address, without scheme, port or range";
/** A colon is for an address of IPv6 alone. */
const privateHost = () =>
  z
    .string(field.expected(PRIVATE_HOST))
    .refine((host) => /^[\w.-]+$/.test(host) || isIP(host) === 6, field.expected(PRIVATE_HOST))
    .refine((host) => host !== CLOUD_METADATA, {
      error: `Nexus never asks ${CLOUD_METADATA}, where clouds keep credentials`,
    });

const httpProxy = z.strictObject({
  host: field.hostName(),
  port: field.port(),
  username: field.text("a user name").optional(),
  password: field.secret("a password", "nexus.outboundHttp.<httpProxy>.password").optional(),
});
const outboundHttp = z.strictObject({
  userAgent: field.text("a text").optional(),
  timeoutSeconds: field.within(1, 3600, "seconds, 1 to 3600").optional(),
  retries: field.within(0, 10, "retries, 0 to 10").optional(),
  httpProxy: httpProxy.optional(),
  httpsProxy: httpProxy.optional(),
  nonProxyHosts: field.listOf(field.text("a host"), "a list of hosts").optional(),
});

export const nexusSchema = z.strictObject({
  /** Docker host that runs Nexus. */
  docker: field.dockerAddress().default("unix:///var/run/docker.sock"),
  image: field.imageName("an image name").default(NEXUS_IMAGE),
  /** Name or address under which CI, builders and servers reach Nexus. */
  hostname: field.hostName(),
  /** Address on which the ports are published. */
  bind: field.ipAddress().default("127.0.0.1"),
  /** Port of the UI and the REST API. */
  port: field.port().default(8081),
  /** https in front of it; without it Nexus speaks plain http on ports of its own. */
  tls: tlsSchema.optional(),
  /** Megabytes for the container; half a gigabyte of heap is the least that works. */
  memory: field.megabytes(1536).default(2048),
  readyTimeout: field.seconds().default(300),
  /** The password of `admin`, where it is not to be a random one. */
  adminPassword: field.secret("a password", "nexus.adminPassword").optional(),
  /** A change of this text makes every random password anew. */
  rotation: field.text("a text, as a date").optional(),
  /** Lets `destroy` delete repositories, blob stores and the data volume. */
  allowDataLoss: field.flag().default(false),
  /** Takes over what exists in Nexus under the names used here, instead of failing. */
  adopt: field.flag().default(true), // the host is ours: what is there under our names, a broken run left
  /** Your acceptance of Sonatype's licence, without which Nexus serves nothing from 3.77 on. */
  eula: z.literal("accepted", field.expected("accepted, or nothing")).optional(),
  anonymous: field.flag().default(false),
  /** In order; DockerToken is what `docker login` needs. */
  realms: field
    .names("realms")
    .min(1, field.expected("at least one realm"))
    .default(["NexusAuthenticatingRealm", "DockerToken"]),
  blobStores: field.recordOf(blobStore, "blob stores"),
  repositories: field.recordOf(repository, "repositories"),
  cleanupPolicies: field.recordOf(cleanupPolicy, "cleanup policies"),
  routingRules: field.recordOf(routingRule, "routing rules").default({}),
  contentSelectors: field.recordOf(contentSelector, "content selectors").default({}),
  privileges: field.recordOf(privilege, "privileges").default({}),
  roles: field.recordOf(role, "roles").default({}),
  accounts: field.recordOf(account, "accounts"),
  tasks: z.record(z.string(), task, field.expected("tasks by name")).default({}),
  /** PEM files of authorities that Nexus trusts, besides Java's own. */
  certificates: field.recordOf(field.text("a PEM file"), "PEM files").default({}),
  outboundHttp: outboundHttp.optional(),
  /** Hosts at private addresses that Nexus may ask besides the proxies' own remotes (3.92 and later). */
  privateHosts: field.listOf(privateHost(), "a list of hosts").default([]),
});

export type NexusSettings = z.infer<typeof nexusSchema>;
export type BlobStoreSettings = NexusSettings["blobStores"][string];
export type Grants = Pick<z.infer<typeof role>, keyof typeof grants>;
export type AccountSettings = z.infer<typeof account>;
