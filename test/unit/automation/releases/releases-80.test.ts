import assert from "node:assert/strict";
import { join } from "node:path";
import type { Deployment } from "../../../../automation/releases/deployments";
import { releaseList, releasesText } from "../../../../automation/releases/releases-text";
import { widthOf } from "../../../../automation/terminal/screen";
import { assertGolden } from "../../../support/golden-file";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const commit = (tag: string) => tag.padEnd(40, "0");
const deployment = (tag: string, letter: string, over: Partial<Deployment> = {}): Deployment => ({
  app: "customer-portal",
  tag,
  digest: digest(letter),
  commit: commit(tag),
  when: "2026-11-21T10:05:59.000Z",
  who: "maria.fernandez@example.com",
  pipeline: "1489213577",
  from: "staging",
  result: "succeeded",
  ...over,
});

const DEPLOYMENTS = [
  deployment("f342e05a91c0", "a"),
  deployment("b0dc229f31aa-dirty-1b9e02aa", "b", { commit: commit("b0dc229f31aa"), result: "failed" }),
  deployment("1.4.0", "c", { commit: commit("1d2acc97d7fa") }),
  deployment("1.3.0", "d", { commit: undefined, when: undefined, who: undefined, pipeline: undefined }),
];
const RUNNING = ["web1", "web2", "platform-eu/customer-portal"].map((server) => ({
  server,
  state: "running" as const,
  digest: digest("a"),
}));
const list = releaseList("customer-portal", DEPLOYMENTS, [
  ...RUNNING,
  { server: "web3", state: "running", digest: digest("9") },
]);

describe("the table of releases", () => {
  it("fits 80 columns with names as long as teams have them, and leaves nothing out", () => {
    const text = releasesText([list], 80);
    for (const line of text.split("\n")) assert.ok(widthOf(line) <= 80 || line.includes(digest("9")), line);
    assertGolden(join(__dirname, "golden", "releases-80.txt"), `${text}\n`);
    const told = [
      "sha256:aaaaaaaaaaaa",
      "commit 1d2acc97d7fa",
      "from staging",
      "pipeline 1489213577",
      "by hand",
    ];
    for (const one of told) assert.ok(text.includes(one), one);
    assert.ok(!text.includes("commit f342e05a91c0"), "that is its tag");
  });

  it("has where it runs beside it while there is room for that", () => {
    const short = releaseList("blog", DEPLOYMENTS.slice(0, 1), RUNNING.slice(0, 2));
    assert.deepEqual(releasesText([short], 80).split("\n"), [
      "TAG           WHEN (UTC)        RESULT     RUNS ON",
      "f342e05a91c0  2026-11-21 10:05  succeeded  web1, web2",
      "    sha256:aaaaaaaaaaaa  from staging  by maria.fernandez@example.com",
      "    pipeline 1489213577",
    ]);
  });

  it("is one line each where that fits", () => {
    assert.equal(releasesText([list], 400), releasesText([list]));
    assert.match(releasesText([list], 400), /^TAG +DIGEST +COMMIT +FROM +WHEN \(UTC\) +WHO +PIPELINE/);
  });
});
