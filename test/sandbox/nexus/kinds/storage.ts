import { CleanupPolicy, type CleanupPolicyArgs } from "../../../../components/nexus/kinds/cleanup-policy";
import { FileBlobStore, type FileBlobStoreArgs } from "../../../../components/nexus/kinds/file-blob-store";
import { RoutingRule, type RoutingRuleArgs } from "../../../../components/nexus/kinds/routing-rule";
import { kindCase, V1 } from "./kind-case";

const store = `${V1}/blobstores/file/life-blobs`;
const rule = `${V1}/routing-rules/life-rule`;
const policies = "/service/rest/internal/cleanup-policies";

const noCriteria = {
  criteriaLastBlobUpdated: null,
  criteriaLastDownloaded: null,
  criteriaReleaseType: null,
  criteriaAssetRegex: null,
  retain: null,
  sortBy: null,
};

/** What repositories name. */
export const storageCases = [
  kindCase<FileBlobStoreArgs>({
    kind: "FileBlobStore",
    id: "life-blobs",
    type: FileBlobStore,
    first: { name: "life-blobs", path: "life-blobs" },
    updates: [
      {
        patch: { softQuota: { type: "spaceUsedQuota", limit: 5_000_000 } },
        told: { softQuota: { type: "spaceUsedQuota", limit: 5_000_000 } },
      },
      { patch: { softQuota: undefined }, told: { softQuota: null } },
      {
        patch: { softQuota: { type: "spaceRemainingQuota", limit: 7_000_000 } },
        told: { softQuota: { type: "spaceRemainingQuota", limit: 7_000_000 } },
      },
    ],
    read: (rest) => rest.get(store),
    drift: (rest) => rest.edit(store, { softQuota: { limit: 1_000_000 } }),
    gone: (rest) => rest.change("DELETE", `${V1}/blobstores/life-blobs`),
    deep: { path: "life-blobs", softQuota: { type: "spaceRemainingQuota", limit: 7_000_000 } },
  }),
  kindCase<CleanupPolicyArgs>({
    kind: "CleanupPolicy",
    id: "life-policy",
    type: CleanupPolicy,
    first: { name: "life-policy", ageDays: 30 },
    updates: [
      {
        patch: { lastDownloadedDays: 10 },
        told: { criteriaLastDownloaded: 10, criteriaLastBlobUpdated: 30 },
      },
      { patch: { ageDays: 20 }, told: { criteriaLastBlobUpdated: 20, notes: "by hand" } },
      { patch: { notes: "by the program" }, told: { notes: "by the program" } },
      { patch: { ageDays: undefined }, told: { criteriaLastBlobUpdated: null } },
    ],
    read: (rest) => rest.get(`${policies}/life-policy`),
    drift: (rest) => rest.edit(`${policies}/life-policy`, { criteriaLastDownloaded: 1 }),
    unmodelled: (rest) => rest.edit(`${policies}/life-policy`, { notes: "by hand" }),
    gone: (rest) => rest.change("DELETE", `${policies}/life-policy`),
    deep: {
      ...noCriteria,
      name: "life-policy",
      format: "*",
      notes: "by the program",
      criteriaLastDownloaded: 10,
      inUseCount: 5,
    },
  }),
  kindCase<CleanupPolicyArgs>({
    kind: "CleanupPolicy",
    variant: "-maven",
    id: "life-maven-policy",
    type: CleanupPolicy,
    first: { name: "life-maven-policy", format: "maven2", assetRegex: "first.*" },
    updates: [
      { patch: { assetRegex: "second.*" }, told: { criteriaAssetRegex: "second.*" } },
      { patch: { releaseType: "RELEASES" }, told: { criteriaReleaseType: "RELEASES" } },
      { patch: { releaseType: "PRERELEASES" }, told: { criteriaReleaseType: "PRERELEASES" } },
      { patch: { retain: 5, sortBy: "version" }, told: { retain: 5, sortBy: "version" } },
      { patch: { retain: 6, sortBy: "date" }, told: { retain: 6, sortBy: "date" } },
    ],
    read: (rest) => rest.get(`${policies}/life-maven-policy`),
    drift: (rest) => rest.edit(`${policies}/life-maven-policy`, { criteriaAssetRegex: "hand.*" }),
    gone: (rest) => rest.change("DELETE", `${policies}/life-maven-policy`),
    deep: {
      ...noCriteria,
      name: "life-maven-policy",
      format: "maven2",
      notes: null,
      criteriaReleaseType: "PRERELEASES",
      criteriaAssetRegex: "second.*",
      retain: 6,
      sortBy: "date",
      inUseCount: 0,
    },
  }),
  kindCase<RoutingRuleArgs>({
    kind: "RoutingRule",
    id: "life-rule",
    type: RoutingRule,
    first: { name: "life-rule", mode: "BLOCK", matchers: ["^/secret/.*"] },
    updates: [
      { patch: { description: "not for all" }, told: { description: "not for all" } },
      { patch: { matchers: ["^/secret/.*", "^/a/.*"] }, told: { matchers: ["^/secret/.*", "^/a/.*"] } },
      { patch: { mode: "ALLOW" }, told: { mode: "ALLOW" } },
      { patch: { mode: "BLOCK" }, told: { mode: "BLOCK" } },
      { patch: { description: undefined }, told: { description: "" } },
    ],
    read: (rest) => rest.get(rule),
    drift: (rest) => rest.edit(rule, { matchers: ["^/by-hand/.*"] }),
    gone: (rest) => rest.change("DELETE", rule),
    deep: { name: "life-rule", description: "", mode: "BLOCK", matchers: ["^/secret/.*", "^/a/.*"] },
  }),
];
