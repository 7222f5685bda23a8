import { z } from "zod";
import * as field from "../fields";
import { NEXUS_FORMATS } from "./nexus-formats";

/** What is in a Nexus besides repositories and who may use them: blob stores, policies, rules and tasks of `berth:nexus`. */

const cron = () =>
  field.matching(
    /^manual$|^\S+( \S+){5,6}$/,
    'manual or a cron expression of six or seven fields ("0 0 3 * * ?")',
  );

/** Takes over this one thing, where it is there already. */
export const adoptable = {
  adopt: field
    .flag()
    .optional()
    .describe(
      "Takes over this one thing where it is there already, instead of failing. Without it: as `adopt` of berth:nexus says.",
    ),
};

export const description = z
  .string(field.expected("a text"))
  .default("")
  .describe("What it is for, for people.");

const ofStore = {
  quota: z
    .strictObject({
      type: field
        .oneOf("spaceUsedQuota", "spaceRemainingQuota")
        .describe("Whether the space that it uses counts, or the space that remains."),
      megabytes: field.megabytes(1).describe("Where Nexus begins to warn, in megabytes."),
    })
    .optional()
    .describe("When Nexus warns of its size."),
  allowDataLoss: field
    .flag()
    .optional()
    .describe("Lets `up` and `destroy` delete it with what it holds. Without it: as berth:nexus says."),
  ...adoptable,
};

const fileStore = z.strictObject({
  type: z.literal("file").describe("On disk."),
  path: field
    .text("a path")
    .optional()
    .describe("Its folder, below /nexus-data/blobs where relative. Without it: the store's name."),
  ...ofStore,
});
const s3Store = z.strictObject({
  type: z.literal("s3").describe("In S3."),
  bucket: field.text("a bucket").describe("Its bucket, which you have made."),
  region: field
    .text("a region")
    .default("DEFAULT")
    .describe("The bucket's region; DEFAULT: as Nexus's own surroundings say."),
  prefix: field.text("a prefix").optional().describe("What the names of its objects begin with."),
  expirationDays: field
    .whole(-1, "days")
    .default(3)
    .describe("Days until S3 removes a deleted blob; 0: at once, by garbage collection; -1: never."),
  accessKeyId: field
    .text("an access key id")
    .optional()
    .describe("Its login. Without it: that of Nexus's own surroundings."),
  secretAccessKey: field
    .secret("a secret access key", "nexus.blobStores.<name>.secretAccessKey")
    .optional()
    .describe("The secret of that login."),
  endpoint: field.url().optional().describe("Address of an S3 that isn't Amazon's."),
  forcePathStyle: field
    .flag()
    .optional()
    .describe("Puts the bucket into the path, not into the host name: for an S3 that isn't Amazon's."),
  ...ofStore,
});

export const blobStore = z.discriminatedUnion("type", [fileStore, s3Store], field.unionOf("file or s3"));

export const cleanupPolicy = z.strictObject({
  format: field
    .oneOf(...NEXUS_FORMATS)
    .default("*")
    .describe("Format of the repositories that it is for; `*`: every one."),
  notes: field.text("a text").optional().describe("What it is for, for people."),
  lastDownloadedDays: field
    .whole(1, "days, at least 1")
    .optional()
    .describe("Days since somebody last downloaded what goes."),
  ageDays: field.whole(1, "days, at least 1").optional().describe("Days since it was published."),
  assetRegex: field
    .text("a regular expression")
    .optional()
    .describe("Regular expression that the path of what goes has to match."),
  releaseType: field
    .oneOf("RELEASES", "PRERELEASES")
    .optional()
    .describe("Only releases, or only what comes before one."),
  retain: field
    .whole(1, "versions to keep, at least 1")
    .optional()
    .describe("Versions of a component that stay in any case. Not of every edition."),
  sortBy: field
    .oneOf("version", "date")
    .optional()
    .describe("What makes one version newer than another, for `retain`."),
  ...adoptable,
});

export const routingRule = z.strictObject({
  mode: field.oneOf("BLOCK", "ALLOW").describe("Whether what matches is blocked, or alone allowed."),
  matchers: field
    .listOf(field.text("a regular expression"), "a list of regular expressions")
    .min(1)
    .meta({ description: "Regular expressions of paths.", examples: [["^/internal/.*"]] }),
  ...adoptable,
  description,
});

export const task = z.strictObject({
  type: field
    .text("a task type like blobstore.compact")
    .meta({ description: "What it does, as Nexus's API names it.", examples: ["blobstore.compact"] }),
  schedule: cron()
    .default("manual")
    .meta({
      description: "When it runs: six or seven fields of cron, seconds first, or `manual`.",
      examples: ["0 0 3 * * ?"],
    }),
  properties: z
    .record(z.string(), z.string(field.expected("a text")), field.expected("texts by name"))
    .default({})
    .describe("What the task needs to know, as Nexus's API names it."),
  enabled: field.flag().default(true).describe("Whether it runs by the clock."),
  alertEmail: field.mailAddress().optional().describe("Who is told when it fails."),
  ...adoptable,
});
