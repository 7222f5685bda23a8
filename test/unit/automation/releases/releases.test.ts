import assert from "node:assert/strict";
import type { Deployment } from "../../../../automation/releases/deployments";
import { type PromotableArgs, promotable } from "../../../../automation/releases/promotable";
import { releaseList, releasesText } from "../../../../automation/releases/releases-text";
import type { Running } from "../../../../automation/releases/running-digests";
import { warnOfLostTags } from "../../../../automation/releases/warn-of-lost-tags";
import { releaseToGoBackTo } from "../../../../automation/releases/way-back";
import { consoleReport, outline } from "../../../../automation/terminal/report";
import { ScriptedRegistry } from "../../../support/registry/scripted-registry";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const deployment = (tag: string, digit: string, over: Partial<Deployment> = {}): Deployment => ({
  app: "blog",
  tag,
  digest: digest(digit),
  when: "2026-11-21T10:05:59.000Z",
  who: "ann",
  result: "succeeded",
  ...over,
});
const on = (server: string, digit: string, over: Partial<Running> = {}): Running => ({
  server,
  state: "running",
  digest: digest(digit),
  ...over,
});

describe("the list of releases", () => {
  it("is a table with the latest deployment of what runs marked by its servers, and empty columns left out", () => {
    const deployments = [
      deployment("v1", "1"),
      deployment("v3", "3", { result: "failed" }),
      deployment("v2", "2"),
      deployment("v1", "1", { when: undefined, who: undefined }),
    ];
    const list = releaseList("blog", deployments, [on("web1", "1"), on("web2", "1")]);
    assert.equal(
      releasesText([list]),
      [
        "TAG  DIGEST               WHEN (UTC)        WHO  RESULT     RUNS ON",
        "v1   sha256:111111111111  2026-11-21 10:05  ann  succeeded  web1, web2",
        "v3   sha256:333333333333  2026-11-21 10:05  ann  failed",
        "v2   sha256:222222222222  2026-11-21 10:05  ann  succeeded",
        "v1   sha256:111111111111  by hand                succeeded",
      ].join("\n"),
    );
  });

  it("tells servers that can't be asked, that run something else, or nothing", () => {
    const running = [
      on("web1", "1", { state: "unreachable", problem: "no answer in 15 s", digest: undefined }),
      on("web2", "9"),
      on("web3", "1", { state: "missing", digest: undefined }),
      on("web4", "1", { state: "unhealthy" }),
    ];
    const text = releasesText([releaseList("blog", [deployment("v1", "1")], running)]);
    assert.deepEqual(text.split("\n").slice(2), [
      "web1 can't be reached, so what it runs isn't known: no answer in 15 s",
      `web2 runs ${digest("9")}, which is no release of this history.`,
      "web3 has no container of blog.",
      "blog on web4 is unhealthy.",
    ]);
  });

  it("says of an app's files for clusters that nobody looked what their pods run", () => {
    const list = {
      ...releaseList("blog", [deployment("v1", "1")], []),
      files: ["platform/clusters main:values.yaml"],
    };
    assert.match(
      releasesText([list]),
      /\nIt is written to platform\/clusters main:values\.yaml; nobody looked whether pods run it\.$/,
    );
  });

  it("has a table for each app where there are several", () => {
    const lists = [releaseList("blog", [deployment("v1", "1")], []), releaseList("shop", [], [])];
    assert.match(releasesText(lists), /^blog\nTAG .*\nv1 .*\n\nshop\nshop was never deployed\.$/);
  });
});

describe("a way back to a release that is named", () => {
  const deployments = [
    deployment("v2", "2"),
    deployment("v1", "1"),
    deployment("bad", "3", { result: "failed" }),
  ];
  const back = (to: string) =>
    releaseToGoBackTo({ app: "blog", running: "v2", history: [], deployments, to });

  it("goes by its tag, its digest, or the digest as it is listed", () => {
    for (const to of ["v1", digest("1"), "sha256:111111111111"]) assert.equal(back(to), "v1");
  });

  it("is none for a digest that never ran, that nobody knows, or that is too short to be sure", () => {
    assert.throws(() => back(digest("3")), /blog can't go back to bad, which never ran: its update failed/);
    for (const to of [digest("9"), "sha256:1111"])
      assert.throws(
        () => back(to),
        new RegExp(`can't go back to ${to}\\. It has run v1: name one with --to`),
      );
  });
});

describe("a way back over a rename", () => {
  const update = (tag: string, app: string) => ({
    kind: "update",
    result: "succeeded",
    startTime: "2026-11-21T10:00:00.000Z",
    message: `berth ${JSON.stringify({ apps: { [app]: tag }, who: "ann" })}`,
  });
  const history = [update("v2", "shop"), update("v1", "blog")];
  const args = { app: "shop", was: "blog", running: "v2", history, deployments: [deployment("v2", "2")] };
  const why =
    / Before, shop was blog, and a rollback goes back no further than the rename: its releases of then are in the registries as blog\.$/;

  it("ends at the rename, and says so", () => {
    assert.throws(() => releaseToGoBackTo(args), /can't go back: no release ran before v2\./);
    assert.throws(() => releaseToGoBackTo(args), why);
    assert.throws(
      () => releaseToGoBackTo({ ...args, to: "v1" }),
      /^CommandError: shop can't go back to v1\. /,
    );
    assert.throws(() => releaseToGoBackTo({ ...args, to: "v1" }), why);
  });

  it("is any other's where nothing ran under the old name, and goes on under the new one", () => {
    const unlike = (error: Error) => !why.test(error.message);
    assert.throws(() => releaseToGoBackTo({ ...args, history: history.slice(0, 1) }), unlike);
    const on = { ...args, running: "v3", history: [update("v3", "shop"), ...history] };
    assert.equal(
      releaseToGoBackTo({ ...on, deployments: [deployment("v3", "3"), ...args.deployments] }),
      "v2",
    );
  });

  it("is told with the list of releases", () => {
    const list = { ...releaseList("shop", args.deployments, []), was: "blog" };
    assert.match(
      releasesText([list]),
      /\nIts releases from when shop was blog are not listed; the registries have them as blog\.$/,
    );
  });
});

describe("a promotion", () => {
  const args: PromotableArgs = {
    from: "dev",
    app: "blog",
    release: { tag: "v2", digest: digest("2"), from: "test" },
    history: [{ kind: "update", result: "succeeded", startTime: "2026-11-21T10:00:00.000Z" }],
    running: [on("web1", "2"), on("web2", "2")],
  };
  const refused = (over: Partial<PromotableArgs>, message: RegExp) =>
    assert.throws(() => promotable({ ...args, ...over }), message);

  it("takes tag and digest of what the stack runs, also where they were asked for", () => {
    const release = { tag: "v2", digest: digest("2") };
    assert.deepEqual(promotable(args), release);
    assert.deepEqual(promotable({ ...args, asked: "v2" }), release);
    assert.deepEqual(promotable({ ...args, asked: digest("2") }), release);
  });

  it("is refused where the last update failed, whatever came before", () => {
    const failed = { kind: "update", result: "failed", startTime: "2026-11-21T11:00:00.000Z" };
    refused(
      { history: [{ kind: "refresh", result: "succeeded", startTime: "" }, failed, ...args.history] },
      /^CommandError: blog is not promoted from dev: its last update, of 2026-11-21T11:00:00\.000Z, failed\. Run: berth up dev$/,
    );
  });

  it("is refused where another release runs than was asked for, or none", () => {
    refused({ asked: "v1" }, /: it runs v2 \(sha256:2+\), and asked for was v1$/);
    refused({ asked: digest("1") }, /and asked for was sha256:1+$/);
    refused({ release: undefined }, /: it runs no release of it\. Run: berth up dev$/);
  });

  it("is refused where a server runs something else than the stack's outputs say, or can't be asked", () => {
    refused({ running: [on("web1", "2"), on("web2", "1")] }, /web2 runs sha256:1+, not v2/);
    refused({ running: [on("web1", "2", { digest: undefined })] }, /web1 runs nothing of it, not v2/);
    refused(
      { running: [on("web1", "2", { problem: "ENOENT" })] },
      /web1 can't be asked what it runs: ENOENT/,
    );
    refused({ running: [on("web1", "2", { state: "unhealthy" })] }, /web1 has it as unhealthy/);
  });
});

describe("a way back whose tags were lost", () => {
  let nexus: ScriptedRegistry;
  let gitlab: ScriptedRegistry;
  let image: string;
  const said: string[] = [];
  const report = { ...consoleReport(false), say: (line: string) => said.push(line) };
  const warn = (over: { origin?: undefined } = {}) =>
    warnOfLostTags(
      {
        app: "blog",
        tag: "v1",
        tls: false,
        image: `${nexus.host}/blog@${image}`,
        origin: `${gitlab.host}/team/blog`,
        username: "puller",
        password: "hunter2",
        ...over,
      },
      report,
    );

  beforeEach(async () => {
    said.length = 0;
    [nexus, gitlab] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    image = nexus.addImage("blog", ["layer"], { tag: "v1" });
    gitlab.addImage("team/blog", ["layer"], { tag: "v1" });
  });
  afterEach(() => Promise.all([nexus.stop(), gitlab.stop()]));

  it("is open, and nothing is said, while both registries have them", async () => {
    await warn();
    assert.deepEqual(said, []);
  });

  it("is open while one registry has it, and says what the other has lost", async () => {
    gitlab.manifests.delete("team/blog:v1");
    await warn();
    assert.deepEqual(said, [
      `GitLab has no tag of this release any more (${gitlab.host}/team/blog:v1: there is no such tag).`,
    ]);
  });

  it("is by Nexus alone for somebody else's image, which GitLab never had", async () => {
    const given = { origin: undefined };
    gitlab.manifests.delete("team/blog:v1");
    await warn(given);
    assert.deepEqual([said, gitlab.seen], [[], []]);
    nexus.manifests.delete("blog:v1");
    await assert.rejects(
      warn(given),
      /blog v1 is gone: it is not in Nexus \([^)]*: there is no such tag\)\. Choose another release\.$/,
    );
  });

  it("ends where both have lost it, before anything is changed", async () => {
    gitlab.manifests.delete("team/blog:v1");
    nexus.manifests.delete("blog:v1");
    await assert.rejects(
      warn(),
      /blog v1 is gone: it is neither in Nexus \(.*\) nor in GitLab \(.*\)\. Build it again/,
    );
  });
});

describe("outputs for people", () => {
  it("say none where there is nothing", () => {
    assert.equal(
      outline({ apps: {}, list: [], url: "u", in: { a: 1 } }),
      "apps: none\nlist: none\nurl: u\nin:\n  a: 1",
    );
  });

  it("show the first of several lines", () => {
    assert.equal(outline({ ca: "BEGIN\nabc\nEND\n" }), "ca: BEGIN … (3 lines; --json has them)");
  });
});
