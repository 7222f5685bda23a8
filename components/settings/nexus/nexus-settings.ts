import { isIP } from "node:net";
import { z } from "zod";
import { CLOUD_METADATA } from "../../http/private-address";
import { objectOf } from "../../values/json-object";
import * as field from "../fields";
import { tlsSchema } from "../tls-settings";
import { NEXUS_FORMATS } from "./nexus-formats";
import { repository } from "./nexus-repository-settings";
import { NEXUS_IMAGE } from "./nexus-version";

/** `berth:nexus`: where Nexus is, and what is in it. docs/nexus.md has an example of each part. */

const cron = () =>
  field.matching(
    /^manual$|^\S+( \S+){5,6}$/,
    'manual or a cron expression of six or seven fields ("0 0 3 * * ?")',
  );

const quota = z.strictObject({
  type: field.oneOf("spaceUsedQuota", "spaceRemainingQuota"),
  megabytes: field.megabytes(1),
});

/** Takes over this one thing, where it is there already. */
const adoptable = { adopt: field.flag().optional() };

const fileStore = z.strictObject({
  type: z.literal("file"),
  /** Below /nexus-data/blobs where relative. Default: the store's name. */
  path: field.text("a path").optional(),
  quota: quota.optional(),
  allowDataLoss: field.flag().optional(),
  ...adoptable,
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
  ...adoptable,
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
  ...adoptable,
});

const routingRule = z.strictObject({
  mode: field.oneOf("BLOCK", "ALLOW"),
  matchers: field.listOf(field.text("a regular expression"), "a list of regular expressions").min(1),
  ...adoptable,
  description: z.string(field.expected("a text")).default(""),
});

const contentSelector = z.strictObject({
  expression: field.text('a CSEL expression like format == "docker"'),
  ...adoptable,
  description: z.string(field.expected("a text")).default(""),
});

const actionsOf = <const T extends readonly string[]>(...actions: T) =>
  field.listOf(field.oneOf(...actions), "a list of actions").min(1, field.expected("at least one action"));
const described = { description: z.string(field.expected("a text")).default(""), ...adoptable };
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
  ...adoptable,
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
  ...adoptable,
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

/** What is in a Nexus, whoever runs it. */
const contents = {
  readyTimeout: field.seconds().default(300),
  /** A change of this text makes every random password anew. */
  rotation: field.text("a text, as a date").optional(),
  /** Lets `destroy` delete repositories, blob stores and the data volume. */
  allowDataLoss: field.flag().default(false),
  /** Your acceptance of Sonatype's licence, without which Nexus serves nothing from 3.77 on. */
  eula: z.literal("accepted", field.expected("accepted, or nothing")).optional(),
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
};

/** In order; DockerToken is what `docker login` needs. */
const realms = () => field.names("realms").min(1, field.expected("at least one realm"));

const ofOwn = (what: string) => field.absent(`${what} of a Nexus of your own: set url, too, or take it out`);

/** A Nexus that the stack makes. */
export const madeNexusSchema = z.strictObject({
  url: ofOwn("the address"),
  username: ofOwn("the administrator"),
  password: ofOwn("the administrator's password"),
  ca: ofOwn("the authority"),
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
  /** The password of `admin`, where it is not to be a random one. */
  adminPassword: field.secret("a password", "nexus.adminPassword").optional(),
  /** Takes over what exists in Nexus under the names used here, instead of failing. */
  adopt: field.flag().default(true), // the host is ours: what is there under our names, a broken run left
  anonymous: field.flag().default(false),
  realms: realms().default(["NexusAuthenticatingRealm", "DockerToken"]),
  ...contents,
});

const ofMade = (what: string) =>
  field.absent(`${what} of a Nexus that Berth makes; with url it is there already: take it out`);

/** A Nexus that is there already, and stays somebody's own: what isn't named here is left as it is. */
export const ownNexusSchema = z.strictObject({
  /** Of its UI and REST API; its scheme is that of the docker repositories, too. */
  url: field.url(),
  /** An administrator of it. */
  username: field.text("the name of an administrator"),
  password: field.secret("that administrator's password", "nexus.password"),
  /** PEM file of its certificate's authority, where that isn't a public one. */
  ca: field.text("a PEM file").optional(),
  docker: ofMade("the Docker host"),
  image: ofMade("the image"),
  hostname: ofMade("the name"),
  bind: ofMade("the address"),
  port: ofMade("the port"),
  tls: ofMade("the proxy in front"),
  memory: ofMade("the memory"),
  adminPassword: ofMade("admin's password"),
  /** Takes over everything that exists under the names used here; each thing has an `adopt` of its own, too. */
  adopt: field.flag().default(false),
  anonymous: field.flag().optional(),
  realms: realms().optional(),
  ...contents,
});

export type MadeNexus = z.infer<typeof madeNexusSchema>;
export type OwnNexus = z.infer<typeof ownNexusSchema>;
export type NexusSettings = MadeNexus | OwnNexus;

/** The one of the two that these settings are to be read by. */
export const nexusSchemaOf = (wish: unknown): z.ZodType<NexusSettings> =>
  objectOf(wish)["url"] === undefined ? madeNexusSchema : ownNexusSchema;

export type BlobStoreSettings = NexusSettings["blobStores"][string];
export type Grants = Omit<Pick<z.infer<typeof role>, keyof typeof grants>, "adopt">;
export type AccountSettings = z.infer<typeof account>;
