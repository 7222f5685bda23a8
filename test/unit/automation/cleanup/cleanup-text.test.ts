import assert from "node:assert/strict";
import { join } from "node:path";
import type { StorePlan } from "../../../../automation/cleanup/cleanup";
import { cleanupText, spaceLines } from "../../../../automation/cleanup/cleanup-text";
import type { TagStore } from "../../../../automation/cleanup/tag-store";
import type { StoreSpace } from "../../../../automation/nexus/blob-stores";
import { widthOf } from "../../../../automation/terminal/screen";
import { assertGolden } from "../../../support/golden-file";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const store = (where: string, repository: string) => ({ where, repository }) as TagStore;

/** Names and addresses as long as teams have them. */
const PLANS: readonly StorePlan[] = [
  {
    store: store("GitLab", "registry.gitlab.example.com/platform/customers/customer-portal"),
    remove: [
      { tag: "3f2a91c04d7e", digest: digest("a"), bytes: 341e6 },
      { tag: "b0dc229f31aa-dirty-1b9e02aa", digest: digest("b"), bytes: 340.5e6 },
    ],
    kept: [
      { tag: "f342e05a91c0", why: "prod runs it" },
      {
        tag: "1d2acc97d7fa",
        why: "the tag some-release-candidate-of-somebody has its digest, which is nothing of ours",
      },
    ],
    foreign: [
      "latest",
      "main",
      "v1.0.0",
      "v1.0.1",
      "v1.1.0",
      "nightly",
      "cache",
      "buildcache",
      "x",
      "y",
      "z",
    ],
  },
  { store: store("Nexus", "nexus.example.com:8082/blog"), remove: [], kept: [], foreign: [] },
];

const SPACE: readonly StoreSpace[] = [
  { name: "default", type: "File", blobs: 12, used: 1.2e6, free: 45.2e9 },
  {
    name: "docker",
    type: "File",
    blobs: 42_110,
    used: 51.4e9,
    free: 45.2e9,
    quota: { kind: "used", limit: 50e9, exceeded: "Blob store is using 51.4 GB of 50 GB" },
  },
  { name: "archive", type: "S3", blobs: 7, used: 3e9, quota: { kind: "free", limit: 5e9 } },
];

const shown = (columns?: number) =>
  [cleanupText(PLANS, true, columns), ...spaceLines({ blobStores: SPACE }, "dev", columns)].join("\n");

describe("what a cleanup says", () => {
  it("fits 80 columns, digests cut to what tells them apart, with how full Nexus is", () => {
    const text = shown(80);
    for (const line of text.split("\n")) assert.ok(widthOf(line) <= 80, line);
    assertGolden(join(__dirname, "golden", "cleanup-80.txt"), `${text}\n`);
  });

  it("has whole digests where there is room for all of them", () => {
    assert.match(shown(), new RegExp(`^ {2}3f2a91c04d7e ${digest("a")} 341\\.0 MB$`, "m"));
    assert.match(shown(120), new RegExp(digest("b")));
    assert.doesNotMatch(shown(80), new RegExp(digest("a")));
  });

  it("says why where Nexus could not be asked how full it is", () => {
    assert.deepEqual(spaceLines({ blobStoresUnknown: "GET http://n/: 503" }, "dev"), [
      "",
      "How full Nexus is could not be asked: GET http://n/: 503",
    ]);
  });
});
