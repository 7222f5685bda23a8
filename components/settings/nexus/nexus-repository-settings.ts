import { z } from "zod";
import * as field from "../fields";
import { FORMAT_NAMES } from "./nexus-formats";

/** `berth:nexus.repositories.<name>`. Which fields a format has, nexus-checks.ts knows. */

const format = () => field.oneOf(...FORMAT_NAMES).default("docker");
/** What every repository can have. The second half is for one format only. */
const repositoryFields = {
  format: format(),
  blobStore: field.objectName().default("docker"),
  online: field.flag().default(true),
  allowDataLoss: field.flag().optional(),
  /** Takes over a repository of this name that is there already. */
  adopt: field.flag().optional(),
  /** Refuse content whose bytes don't look like its name; true unless set. */
  strictContentTypeValidation: field.flag().optional(),
  /** docker: the port of Nexus on which `docker` reaches it. */
  port: field.port().optional(),
  httpsPort: field.port().optional(),
  /** docker, of a Nexus of one's own: as images name it, where a proxy in front gives it another name or port than Nexus. */
  address: field
    .matching(
      /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i,
      "a host name, with its port where that isn't 443 or 80",
    )
    .optional(),
  subdomain: field.matching(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, "a subdomain, one word").optional(),
  /** docker, Nexus 3.83 and later: reached by path, without a port of its own. */
  byPath: field.flag().optional(),
  /** docker: name and password with every request, no tokens. Without it: as nexus-repository-defaults.ts says. */
  forceBasicAuth: field.flag().optional(),
  /** docker: its API of 2013. */
  v1Enabled: field.flag().optional(),
  /** raw, maven: whether a browser saves a file or shows it. */
  contentDisposition: field.oneOf("ATTACHMENT", "INLINE").optional(),
  /** maven */
  versionPolicy: field.oneOf("RELEASE", "SNAPSHOT", "MIXED").optional(),
  layoutPolicy: field.oneOf("STRICT", "PERMISSIVE").optional(),
  /** apt */
  distribution: field.text("a distribution like bookworm").optional(),
  /** apt hosted, yum proxy and group: the key pair that signs, and its passphrase. */
  signingKey: field.secret("a PGP key pair", "nexus.repositories.<name>.signingKey").optional(),
  signingPassphrase: field.secret("a passphrase", "nexus.repositories.<name>.signingPassphrase").optional(),
};
const hosted = z.strictObject({
  type: z.literal("hosted"),
  ...repositoryFields,
  /** ALLOW_ONCE: what was pushed once stays what it is. */
  writePolicy: field.oneOf("ALLOW", "ALLOW_ONCE", "DENY").default("ALLOW_ONCE"),
  /** docker with ALLOW_ONCE: the tag `latest` may move. */
  movableLatest: field.flag().optional(),
  cleanup: field.names("cleanup policies").default([]),
  /** Our own names, which Sonatype's firewall then keeps strangers from using. */
  proprietaryComponents: field.flag().optional(),
  /** yum: how many folders down its lists lie, and whether anything else than packages may be put there. */
  repodataDepth: field.within(0, 5, "folders, 0 to 5").optional(),
  deployPolicy: field.oneOf("STRICT", "PERMISSIVE").optional(),
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
  cleanup: field.names("cleanup policies").default([]),
  routingRule: field.objectName().optional(),
  /** Never ask the remote: serve only what is cached. */
  blocked: field.flag().optional(),
  /** Leave a remote alone for a while that doesn't answer; true unless set. */
  autoBlock: field.flag().optional(),
  /** How often, and for how many seconds, the remote is asked; without it as `outboundHttp` says. */
  retries: field.within(0, 10, "retries, 0 to 10").optional(),
  timeoutSeconds: field.within(1, 3600, "seconds, 1 to 3600").optional(),
  /** Trust `certificates`, too; with an https remote that is so unless set, where there are some. */
  useTrustStore: field.flag().optional(),
  /** maven: send the login before the remote asks for it. */
  preemptiveAuth: field.flag().optional(),
  /** docker: an index of its own, which `docker search` asks. */
  indexUrl: field.url().optional(),
  /** apt: a repository without distributions. */
  flat: field.flag().optional(),
});
const group = z.strictObject({
  type: z.literal("group"),
  ...repositoryFields,
  /** In the order in which they are asked. */
  members: field.names("repositories").min(1, field.expected("at least one repository")),
  /** docker, npm, pypi: the hosted member that takes what is pushed to the group (Nexus Pro). */
  writableMember: field.objectName().optional(),
});
export const repository = z.discriminatedUnion(
  "type",
  [hosted, proxy, group],
  field.unionOf("hosted, proxy or group"),
);

export type RepositorySettings = z.infer<typeof repository>;
