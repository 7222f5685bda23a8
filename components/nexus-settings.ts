import { z } from "zod";
import * as field from "./settings-fields";
import { tlsSchema } from "./tls-settings";

/** `berth:nexus`: the Nexus host, and what is in it. docs/nexus.md has an example of each part. */

const names = (what: string) => field.listOf(field.objectName(), `a list of ${what}`);
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
  /** Days until deleted blobs go; -1: never by S3 itself. */
  expirationDays: field.whole(-1, "days").default(3),
  accessKeyId: field.text("an access key id").optional(),
  secretAccessKey: field.secret("a secret access key", "nexus.blobStores.<name>.secretAccessKey").optional(),
  /** For S3 that isn't Amazon's. */
  endpoint: field.url().optional(),
  forcePathStyle: field.flag().optional(),
  quota: quota.optional(),
  allowDataLoss: field.flag().optional(),
});

const unionOf = (what: string) => ({
  error: (issue: { code?: string; input?: unknown }) =>
    issue.code === "invalid_union"
      ? field.expectation(what, (issue.input as { type?: unknown }).type)
      : field.expectation("settings by name", issue.input),
});
const blobStore = z.discriminatedUnion("type", [fileStore, s3Store], unionOf("file or s3"));

const format = () => field.oneOf("docker", "raw", "maven", "apt").default("docker");
/** What every repository can have. The second half is for one format only. */
const repositoryFields = {
  format: format(),
  blobStore: field.objectName().default("docker"),
  online: field.flag().default(true),
  allowDataLoss: field.flag().optional(),
  /** docker: the port of Nexus on which `docker` reaches it. */
  port: field.port().optional(),
  httpsPort: field.port().optional(),
  subdomain: field.matching(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, "a subdomain, one word").optional(),
  /** docker, Nexus 3.83 and later: reached by path, without a port of its own. */
  byPath: field.flag().optional(),
  /** maven */
  versionPolicy: field.oneOf("RELEASE", "SNAPSHOT", "MIXED").optional(),
  layoutPolicy: field.oneOf("STRICT", "PERMISSIVE").optional(),
  /** apt */
  distribution: field.text("a distribution like bookworm").optional(),
};
const hosted = z.strictObject({
  type: z.literal("hosted"),
  ...repositoryFields,
  /** ALLOW_ONCE: what was pushed once stays what it is. */
  writePolicy: field.oneOf("ALLOW", "ALLOW_ONCE", "DENY").default("ALLOW_ONCE"),
  /** docker with ALLOW_ONCE: the tag `latest` may move. */
  movableLatest: field.flag().optional(),
  cleanup: names("cleanup policies").default([]),
  /** apt: the key pair that signs, and its passphrase. */
  signingKey: field.secret("a PGP key pair", "nexus.repositories.<name>.signingKey").optional(),
  signingPassphrase: field.secret("a passphrase", "nexus.repositories.<name>.signingPassphrase").optional(),
});
const proxy = z.strictObject({
  type: z.literal("proxy"),
  ...repositoryFields,
  remote: field.url(),
  username: field.text("a user name").optional(),
  password: field.secret("a password", "nexus.repositories.<name>.password").optional(),
  /** Minutes that content and its lists count as fresh; -1: for ever. */
  contentMaxAge: field.whole(-1, "minutes, or -1 for ever").default(1440),
  metadataMaxAge: field.whole(-1, "minutes, or -1 for ever").default(1440),
  /** Minutes that "not there" is remembered; without it, it isn't. */
  negativeCache: field.whole(1, "minutes, at least 1").optional(),
  cleanup: names("cleanup policies").default([]),
  routingRule: field.objectName().optional(),
  /** apt: a repository without distributions. */
  flat: field.flag().optional(),
});
const group = z.strictObject({
  type: z.literal("group"),
  ...repositoryFields,
  /** In the order in which they are asked. */
  members: names("repositories").min(1, field.expected("at least one repository")),
});
const repository = z.discriminatedUnion("type", [hosted, proxy, group], unionOf("hosted, proxy or group"));

const cleanupPolicy = z.strictObject({
  format: field.oneOf("*", "docker", "raw", "maven2", "apt").default("*"),
  notes: field.text("a text").optional(),
  /** Days since somebody last downloaded it. */
  lastDownloadedDays: field.whole(1, "days, at least 1").optional(),
  /** Days since it was published. */
  ageDays: field.whole(1, "days, at least 1").optional(),
  assetRegex: field.text("a regular expression").optional(),
  releaseType: field.oneOf("RELEASES", "PRERELEASES").optional(),
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
  format: field.oneOf("*", "docker", "raw", "maven2", "apt"),
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
  unionOf("wildcard, application, repository-view, repository-admin or repository-content-selector"),
);

/** What a role or an account may do, by repository. */
const grants = {
  pull: names("repositories").default([]),
  push: names("repositories").default([]),
  delete: names("repositories").default([]),
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

const httpProxy = z.strictObject({
  host: field.hostName(),
  port: field.port(),
  username: field.text("a user name").optional(),
  password: field.secret("a password", "nexus.outboundHttp.<httpProxy>.password").optional(),
});
const outboundHttp = z.strictObject({
  userAgent: field.text("a text").optional(),
  timeoutSeconds: field.seconds().optional(),
  retries: field.whole(0, "a number").optional(),
  httpProxy: httpProxy.optional(),
  httpsProxy: httpProxy.optional(),
  nonProxyHosts: field.listOf(field.text("a host"), "a list of hosts").optional(),
});

export const nexusSchema = z.strictObject({
  /** Docker host that runs Nexus. */
  docker: field.dockerAddress().default("unix:///var/run/docker.sock"),
  image: field.imageName("an image name").default("sonatype/nexus3:3.76.1"), // the last before the EULA had to be accepted
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
  /** Your acceptance of Sonatype's licence, which Nexus Community asks for from 3.77 on. */
  eula: z.literal("accepted", field.expected("accepted, or nothing")).optional(),
  anonymous: field.flag().default(false),
  /** In order; DockerToken is what `docker login` needs. */
  realms: names("realms")
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
});

export type NexusSettings = z.infer<typeof nexusSchema>;
export type RepositorySettings = z.infer<typeof repository>;
export type BlobStoreSettings = NexusSettings["blobStores"][string];
export type Grants = Pick<z.infer<typeof role>, keyof typeof grants>;
export type AccountSettings = z.infer<typeof account>;
