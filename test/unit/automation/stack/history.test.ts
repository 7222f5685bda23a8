import assert from "node:assert/strict";
import { StackState } from "../../../../automation/engine/stack-state";
import { deploymentsOf, wayBack } from "../../../../automation/releases/deployments";
import { withAwaited } from "../../../../automation/releases/open-releases";
import { releaseToGoBackTo } from "../../../../automation/releases/way-back";
import { type PastUpdate, readMessage, updateMessage } from "../../../../automation/stack/history";
import { interruptedCreations } from "../../../../automation/stack/sweep";
import { parseSettings } from "../../../../components/settings/settings";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
let minute = 0;

/** Given oldest first, as things happen; the engine tells the latest first. */
const story = (...updates: PastUpdate[]) => updates.reverse();

function update(
  apps: Record<string, string> | undefined,
  over: Partial<PastUpdate> & { more?: object } = {},
): PastUpdate {
  const { more, ...rest } = over;
  const message = apps ? `berth ${JSON.stringify({ apps, who: "ann", ...more })}` : "by hand";
  minute += 1;
  const startTime = new Date(minute * 60_000).toISOString();
  return { kind: "update", result: "succeeded", startTime, message, ...rest };
}

const ok = (tag: string) => update({ blog: tag });
const failed = (tag: string) => update({ blog: tag }, { result: "failed" });

describe("the deployments in a stack's history", () => {
  const told = (history: PastUpdate[], app = "blog") =>
    deploymentsOf(history, app).map(({ tag, result }) => `${tag} ${result}`);

  it("are the updates that brought another release, newest first, back and forth each time", () => {
    const history = story(ok("a"), ok("a"), ok("b"), update({ blog: "x" }, { kind: "refresh" }), ok("a"));
    assert.deepEqual(told(history), ["a succeeded", "b succeeded", "a succeeded"]);
  });

  it("leave out what another app was updated for, and updates by hand", () => {
    const history = story(
      update({ blog: "a", shop: "1" }),
      update(undefined),
      update({ blog: "a", shop: "2" }),
      update({ blog: "a", shop: "3" }, { result: "failed" }),
    );
    assert.deepEqual(told(history), ["a succeeded"]);
    assert.deepEqual(told(history, "shop"), ["3 failed", "2 succeeded", "1 succeeded"]);
    assert.deepEqual(told(history, "nothing"), []);
  });

  it("name a failed one once however often it was tried, and beside it the time that it worked", () => {
    const history = story(
      ok("a"),
      failed("b"),
      failed("b"),
      ok("b"),
      failed("b"),
      failed("c"),
      ok("b"),
      failed("c"),
    );
    assert.deepEqual(told(history), ["c failed", "c failed", "b succeeded", "b failed", "a succeeded"]);
  });

  it("say who, when, from where, by which pipeline, and which commit and digest", () => {
    const commit = "3f2a91c04d7e".padEnd(40, "0");
    const pipeline = "https://gitlab.test/p/1";
    const more = { commit, pipeline, digests: { blog: digest("1") }, from: { blog: "dev" } };
    const [first] = deploymentsOf([update({ blog: "3f2a91c04d7e" }, { more })], "blog");
    assert.deepEqual(
      { ...first, when: "…" },
      {
        app: "blog",
        tag: "3f2a91c04d7e",
        digest: digest("1"),
        commit,
        from: "dev",
        when: "…",
        who: "ann",
        pipeline,
        result: "succeeded",
      },
    );
    const of = (tag: string) =>
      deploymentsOf([update({ blog: tag }, { more })], "blog", { v7: digest("2") })[0]!;
    assert.equal(of("3f2a91c04d7e-dirty-1b9e02aa").commit, commit);
    assert.equal(
      of("aaaaaaaaaaaa").commit,
      "aaaaaaaaaaaa",
      "a rollback's commit is the image's, not the checkout's",
    );
    assert.equal(of("v7").commit, undefined);
    assert.equal(deploymentsOf([ok("v7")], "blog", { v7: digest("2") })[0]!.digest, digest("2"));
  });

  it("begin anew after a destroy", () => {
    assert.deepEqual(told(story(ok("a"), update(undefined, { kind: "destroy" }), ok("a"))), [
      "a succeeded",
      "a succeeded",
    ]);
  });
});

describe("the way back", () => {
  it("leads from release to release as they came, without those that failed", () => {
    assert.deepEqual(wayBack(story(ok("a"), ok("b"), failed("x"), ok("c")), "blog"), ["c", "b", "a"]);
  });

  it("never leads forward, to a release that was rolled back from", () => {
    assert.deepEqual(wayBack(story(ok("a"), ok("b"), ok("a")), "blog"), ["a"]);
    assert.deepEqual(wayBack(story(ok("a"), ok("bad"), ok("a"), ok("c")), "blog"), ["c", "a"]);
    assert.deepEqual(wayBack(story(ok("a"), ok("b"), ok("c"), ok("a"), ok("c")), "blog"), ["c", "a"]);
  });

  const back = (history: PastUpdate[], running: string, to?: string) =>
    releaseToGoBackTo({ app: "blog", running, history, deployments: deploymentsOf(history, "blog"), to });

  it("goes one release further each time", () => {
    const history = [ok("a"), ok("b"), ok("c")];
    assert.equal(back(story(...history), "c"), "b");
    assert.equal(back(story(...history, ok("b")), "b"), "a");
    assert.throws(() => back(story(...history, ok("b"), ok("a")), "a"), {
      message: "blog can't go back: no release ran before a. It has run b, c: name one with --to.",
    });
  });

  it("is, after an update that failed, the release that runs still", () => {
    assert.equal(back(story(ok("a"), ok("b"), failed("c")), "b"), "b");
    assert.equal(back(story(ok("a"), ok("b"), failed("c"), ok("b")), "b"), "b");
  });

  it("begins at the newest known release where the running one was deployed by hand", () => {
    assert.equal(back(story(ok("a"), ok("b"), update(undefined)), "by hand"), "b");
  });

  it("goes to any release that ran, and to none that didn't", () => {
    const history = story(ok("a"), ok("b"), failed("c"));
    assert.equal(back(history, "b", "a"), "a");
    assert.throws(() => back(history, "b", "c"), {
      message:
        "blog can't go back to c, which never ran: its update failed. It has run a: name one with --to.",
    });
    assert.throws(() => back(history, "b", "nothing"), /can't go back to nothing\. It has run a/);
    assert.throws(() => back(story(ok("a")), "a"), /Its history holds no other release\.$/);
  });
});

describe("a release whose name nobody knew before its update", () => {
  const more = { awaited: ["cache"] };
  const awaited = (over: Partial<PastUpdate> = {}) => update({ cache: "7" }, { more, ...over });
  const next = () => update({ cache: "7-222222222222" }, { more: { digests: { cache: digest("2") } } });
  const kept =
    (...tags: string[]) =>
    () =>
      Object.fromEntries(tags.map((tag) => [tag, digest("1")]));
  const told = (history: PastUpdate[]) =>
    deploymentsOf(history, "cache").map(({ tag, result }) => `${tag} ${result}`);

  it("is the oldest of its tag that the state remembers, also once it was gone back to", () => {
    const back = update({ cache: "7-111111111111" }, { more: { digests: { cache: digest("1") } } });
    const all = kept("8-333333333333", "7-222222222222", "7-111111111111");
    const history = withAwaited(story(awaited(), next()), all);
    assert.deepEqual(told(history), ["7-222222222222 succeeded", "7-111111111111 succeeded"]);
    const deployments = deploymentsOf(history, "cache");
    const way = { app: "cache", running: "7-222222222222", history, deployments };
    assert.equal(releaseToGoBackTo(way), "7-111111111111");
    const gone = withAwaited(story(awaited(), next(), back), all);
    assert.deepEqual(wayBack(gone, "cache"), ["7-111111111111"]);
    assert.deepEqual(told(gone).slice(1), ["7-222222222222 succeeded", "7-111111111111 succeeded"]);
  });

  it("stays what the settings say where it failed, where it is of a life before, and where the state has none", () => {
    const failed = withAwaited(story(awaited({ result: "failed" })), kept("7-111111111111"));
    assert.deepEqual(told(failed), ["7 failed"]);
    const lives = story(awaited(), update(undefined, { kind: "destroy" }), awaited());
    const expected = ["7-111111111111 succeeded", "7 succeeded"];
    assert.deepEqual(told(withAwaited(lives, kept("7-111111111111"))), expected);
    const destroyed = story(awaited(), update(undefined, { kind: "destroy" }), next());
    assert.deepEqual(told(withAwaited(destroyed, kept("7-222222222222")))[1], "7 succeeded");
    assert.deepEqual(told(withAwaited(story(awaited()), kept("8-333333333333"))), ["7 succeeded"]);
    const many = kept(...Array.from({ length: 200 }, (_, at) => `7-${at}`));
    assert.deepEqual(
      told(withAwaited(story(awaited()), many)),
      ["7 succeeded"],
      "the oldest may be forgotten",
    );
  });
});

describe("the message of an update", () => {
  const release = { tag: "v7", digest: digest("0"), from: "dev" };
  const settings = parseSettings({
    nexus: { hostname: "n", eula: "accepted" },
    gitlab: { url: "http://g", registry: "g:5050", project: "team/blog" },
    servers: { main: { docker: "unix:///x", address: "a" } },
    apps: {
      blog: { release, port: 80, publish: 80, servers: ["main"] },
      shop: { build: { base: "b" }, port: 80, publish: 81, servers: ["main"] },
    },
  });

  it("names each app's release, digests that are known already, and who asked for it", () => {
    const message = readMessage(updateMessage(settings))!;
    assert.equal(message.apps["blog"], "v7");
    assert.match(message.apps["shop"]!, /^[0-9a-f]{12}/);
    assert.deepEqual(message.digests, { blog: digest("0") });
    assert.deepEqual(message.from, { blog: "dev" });
    assert.ok(message.who.length > 0);
  });

  it("names the release of somebody else's image by its digest, or says that nobody knows it yet", () => {
    const [app] = settings.apps;
    const { release: _, ...given } = app!;
    const apps = [
      { ...given, name: "cache", image: `redis:7@${digest("0")}` },
      { ...given, name: "first", image: "redis:7" },
    ];
    const message = readMessage(updateMessage({ ...settings, apps }))!;
    assert.deepEqual(message.apps, { cache: "7-000000000000", first: "7" });
    assert.deepEqual([message.digests, message.awaited], [{ cache: digest("0") }, ["first"]]);
  });

  it("names another app's release for what runs that one's image, unless it is pinned itself", () => {
    const [blog, shop] = settings.apps;
    const { release: _, build: __, ...bare } = shop!;
    const twin = (name: string, imageOf: string) => ({ ...bare, name, imageOf });
    const apps = [
      blog!,
      twin("worker", "blog"),
      { ...twin("old", "blog"), release: { ...release, tag: "v1" } },
    ];
    const message = readMessage(updateMessage({ ...settings, apps }))!;
    assert.deepEqual(message.apps, { blog: "v7", worker: "v7", old: "v1" });
    assert.equal(message.digests!["worker"], digest("0"));
  });

  it("is no message where somebody wrote another text", () => {
    assert.equal(readMessage("Fix the header"), undefined);
    assert.equal(readMessage("berth is great"), undefined);
    assert.equal(readMessage(undefined), undefined);
  });
});

describe("what a killed run left", () => {
  const operation = (type: string, resource: string, name: string) => ({
    type,
    resource: { type: resource, urn: `urn:pulumi:dev::berth::${resource}::${name}` },
  });

  it("is the Docker resources whose creation was interrupted, and nothing else", () => {
    const pending_operations = [
      operation("creating", "docker:index/container:Container", "nexus-container"),
      operation("deleting", "docker:index/container:Container", "other"),
      operation("creating", "random:index/randomPassword:RandomPassword", "secret"),
    ];
    assert.deepEqual(interruptedCreations(new StackState({ pending_operations })), ["nexus-container"]);
    assert.deepEqual(interruptedCreations(new StackState({})), []);
    assert.deepEqual(interruptedCreations(new StackState(null)), []);
  });
});
