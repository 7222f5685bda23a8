import { z } from "zod";
import * as field from "../fields";
import { adoptable } from "./nexus-content-settings";
import { FORMAT_NAMES } from "./nexus-formats";

/** `berth:nexus.repositories.<name>`. Which fields a format has, nexus-checks.ts knows. */

/** What every repository can have. The second half is for one format only. */
const repositoryFields = {
  format: field
    .oneOf(...FORMAT_NAMES)
    .default("docker")
    .describe("What it holds."),
  blobStore: field
    .objectName()
    .default("docker")
    .describe("The blob store that its content lies in; of a Nexus of your own `default` unless set."),
  online: field.flag().default(true).describe("Whether it answers."),
  allowDataLoss: field
    .flag()
    .optional()
    .describe("Lets `up` and `destroy` delete it with what it holds. Without it: as berth:nexus says."),
  ...adoptable,
  strictContentTypeValidation: field
    .flag()
    .optional()
    .describe("Refuse content whose bytes don't look like its name; true unless set."),
  port: field.port().optional().describe("docker: the port of Nexus on which `docker` reaches it."),
  httpsPort: field
    .port()
    .optional()
    .describe("docker: the same by https, where Nexus itself has a certificate."),
  address: field
    .matching(
      /^(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?$/,
      "a host name, with its port where that isn't 443 or 80",
    )
    .optional()
    .describe(
      "docker, of a Nexus of your own: as images name it, where a proxy in front gives it another name or port than Nexus.",
    ),
  subdomain: field
    .matching(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, "a subdomain, one word")
    .optional()
    .describe("docker: reached by this part of a host name, without a port of its own (Nexus Pro)."),
  byPath: field
    .flag()
    .optional()
    .describe("docker, Nexus 3.83 and later: reached by path, without a port of its own."),
  forceBasicAuth: field
    .flag()
    .optional()
    .describe(
      "docker: name and password with every request, no tokens. Without it: where tokens don't work, over plain http from Nexus 3.77 on.",
    ),
  v1Enabled: field.flag().optional().describe("docker: also its API of 2013."),
  contentDisposition: field
    .oneOf("ATTACHMENT", "INLINE")
    .optional()
    .describe("raw, maven: whether a browser saves a file or shows it."),
  versionPolicy: field
    .oneOf("RELEASE", "SNAPSHOT", "MIXED")
    .optional()
    .describe("maven: which versions it takes."),
  layoutPolicy: field
    .oneOf("STRICT", "PERMISSIVE")
    .optional()
    .describe("maven: whether it takes only paths that are Maven's."),
  distribution: field
    .text("a distribution like bookworm")
    .optional()
    .meta({ description: "apt: its distribution.", examples: ["bookworm"] }),
  signingKey: field
    .secret("a PGP key pair", "nexus.repositories.<name>.signingKey")
    .optional()
    .describe("apt hosted, yum proxy and group: the PGP key pair that signs."),
  signingPassphrase: field
    .secret("a passphrase", "nexus.repositories.<name>.signingPassphrase")
    .optional()
    .describe("apt hosted, yum proxy and group: the passphrase of that key."),
};
const hosted = z.strictObject({
  type: z.literal("hosted").describe("Holds what is pushed to it."),
  ...repositoryFields,
  writePolicy: field
    .oneOf("ALLOW", "ALLOW_ONCE", "DENY")
    .default("ALLOW_ONCE")
    .describe("Whether it may be pushed to. ALLOW_ONCE: what was pushed once stays what it is."),
  movableLatest: field.flag().optional().describe("docker with ALLOW_ONCE: the tag `latest` may move."),
  cleanup: field.names("cleanup policies").default([]).describe("Cleanup policies that delete from it."),
  proprietaryComponents: field
    .flag()
    .optional()
    .describe("Its names are your own: Sonatype's firewall then keeps strangers from using them."),
  repodataDepth: field
    .within(0, 5, "folders, 0 to 5")
    .optional()
    .describe("yum: how many folders down its lists of packages lie."),
  deployPolicy: field
    .oneOf("STRICT", "PERMISSIVE")
    .optional()
    .describe("yum: whether it takes only packages, or anything."),
});
const proxy = z.strictObject({
  type: z.literal("proxy").describe("Fetches from another server, and keeps what it fetched."),
  ...repositoryFields,
  remote: field
    .url()
    .meta({ description: "Address of that server.", examples: ["https://registry.npmjs.org"] }),
  username: field.text("a user name").optional().describe("Who asks that server."),
  password: field
    .secret("a password", "nexus.repositories.<name>.password")
    .optional()
    .describe("That one's password."),
  contentMaxAge: field
    .whole(-1, "minutes, or -1 for ever")
    .default(1440)
    .describe("Minutes that content counts as fresh; -1: for ever."),
  metadataMaxAge: field
    .whole(-1, "minutes, or -1 for ever")
    .default(1440)
    .describe("Minutes that lists of content count as fresh; -1: for ever."),
  negativeCache: field
    .whole(1, "minutes, at least 1")
    .optional()
    .describe('Minutes that "not there" is remembered; without it, it isn\'t.'),
  cleanup: field.names("cleanup policies").default([]).describe("Cleanup policies that delete from it."),
  routingRule: field.objectName().optional().describe("The routing rule that says what it may ask for."),
  blocked: field.flag().optional().describe("Never ask the remote: serve only what is cached."),
  autoBlock: field
    .flag()
    .optional()
    .describe("Leave a remote alone for a while that doesn't answer; true unless set."),
  retries: field
    .within(0, 10, "retries, 0 to 10")
    .optional()
    .describe("How often the remote is asked again. Without it: as `outboundHttp` says."),
  timeoutSeconds: field
    .within(1, 3600, "seconds, 1 to 3600")
    .optional()
    .describe("Seconds that the remote may take. Without it: as `outboundHttp` says."),
  useTrustStore: field
    .flag()
    .optional()
    .describe("Trust `certificates`, too. With an https remote that is so unless set, where there are some."),
  preemptiveAuth: field.flag().optional().describe("maven: send the login before the remote asks for it."),
  indexUrl: field.url().optional().describe("docker: an index of its own, which `docker search` asks."),
  flat: field.flag().optional().describe("apt: a repository without distributions."),
});
const group = z.strictObject({
  type: z.literal("group").describe("Several repositories under one address."),
  ...repositoryFields,
  members: field
    .names("repositories")
    .min(1, field.expected("at least one repository"))
    .describe("Its members, in the order in which they are asked."),
  writableMember: field
    .objectName()
    .optional()
    .describe("docker, npm, pypi: the hosted member that takes what is pushed to the group (Nexus Pro)."),
});
export const repository = z.discriminatedUnion(
  "type",
  [hosted, proxy, group],
  field.unionOf("hosted, proxy or group"),
);

export type RepositorySettings = z.infer<typeof repository>;
