import assert from "node:assert/strict";
import { digestOf, HUB, manifestOf } from "../../support/stack/page-hub";
import { whyNoSandbox } from "../../support/stack/sandbox";
import { projectRegistry } from "./given-image/project-registry";
import { promotion } from "./given-image/promotion";
import { nameOf, pageApp, Stage, says } from "./given-image/stage";
import { troubles } from "./given-image/troubles";

const APPS = pageApp("page", 'image: "page:1"', 9090) + pageApp("twin", "imageOf: page", 9091);

describe("an app that runs an image of somebody else", function () {
  this.timeout(1_200_000);
  this.bail(true); // each step goes on from the one before
  let stage: Stage;
  let [one, two] = ["", ""];

  before(async function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    stage = await Stage.begin(APPS);
    one = await stage.hub.publish("one");
  });

  after(() => stage?.remove());

  const berth = (...args: string[]) => stage.berth(...args);

  /** The same of both apps: the second runs the first one's image. */
  async function releases() {
    const [page, twin] = [await stage.releases("dev", "page"), await stage.releases("dev", "twin")];
    assert.deepEqual(
      twin.map(({ tag, digest }) => [tag, digest]),
      page.map(({ tag, digest }) => [tag, digest]),
    );
    return page;
  }

  it("is previewed before there is a Nexus that could be asked: that nobody knows the digest is said, and nothing fails", async () => {
    const { stdout, stderr } = await berth("preview", "dev");
    assert.match(stdout, /page on main: not deployed → 1$/m);
    assert.match(
      stdout + stderr,
      /page: what page:1 points to isn't known, and the update looks it up: this stack has no Nexus yet/,
    );
  });

  it("deploys what its tag points to, by digest, under a name of its own", async () => {
    await berth("up", "dev");
    assert.deepEqual(await says(9090, 9091), ["one", "one"]);
    const [first, ...others] = await releases();
    assert.deepEqual([first!.tag, first!.digest, first!.runsOn, others], [nameOf(one), one, ["main"], []]);
  });

  it("is copied once: what runs the same image has it from there, without a byte sent", async () => {
    const sent = Object.fromEntries(
      (await stage.resources()).flatMap(({ urn, outputs }) => {
        const app = /local:Command::(\w+)-copy$/.exec(urn)?.[1];
        return app === undefined ? [] : [[app, JSON.parse(String(outputs?.["stdout"])).blobs.bytesCopied]];
      }),
    );
    assert.ok(sent["page"] > 1_000_000, JSON.stringify(sent));
    assert.equal(sent["twin"], 0);
  });

  it("is copied into Nexus's releases whole and byte for byte, for all of its platforms", async () => {
    const { accounts, apps, dockerHosted } = await stage.outputs("dev");
    const { username, password } = accounts.puller;
    const login = `${username}:${password}`;
    const copied = await manifestOf(dockerHosted, "page", nameOf(one), login);
    assert.deepEqual(copied, await manifestOf(HUB, "library/page", one));
    const { manifests } = JSON.parse(copied.toString()) as { manifests: { digest: string }[] };
    assert.equal(manifests.length, 2);
    for (const { digest } of manifests)
      assert.equal(digestOf(await manifestOf(dockerHosted, "page", digest, login)), digest);
    assert.equal(apps.page.releasedImage, `${dockerHosted}/page@${one}`);
  });

  it("is no change while its tag stays, and a change by digest once it has moved", async () => {
    const { stdout } = await berth("preview", "dev", "--json", "--out", "change");
    assert.deepEqual(JSON.parse(stdout).changes, {});
    two = await stage.hub.publish("two");
    const reviewed = await stage.tried(["up", "dev", "--expect", "change/preview.json"]);
    assert.equal(reviewed.code, 3, "what was reviewed is no longer what the tag points to");
    const difference = ["page", "twin"].map((app) => `  ${app}: reviewed unchanged, now ${nameOf(two)}\n`);
    assert.ok(reviewed.stderr.includes(`The difference:\n${difference.join("")}`), reviewed.stderr);
    assert.deepEqual(await says(9090, 9091), ["one", "one"]);
    const moved = await berth("preview", "dev");
    assert.match(moved.stdout, new RegExp(`page on main: ${nameOf(one)} → ${nameOf(two)}$`, "m"));
    await berth("up", "dev");
    assert.deepEqual(await says(9090, 9091), ["two", "two"]);
  });

  it("goes back by digest, although its tag has moved and the hub is away", async () => {
    await stage.away(async () => {
      await berth("rollback", "dev", "--app", "page");
    });
    assert.deepEqual(await says(9090, 9091), ["one", "one"]);
    const { stdout } = await berth("preview", "dev", "--json");
    assert.deepEqual(JSON.parse(stdout).changes, {});
    assert.deepEqual(
      (await releases()).map(({ tag, runsOn }) => [tag, runsOn]),
      [
        [nameOf(one), ["main"]],
        [nameOf(two), []],
        [nameOf(one), []],
      ],
    );
  });

  it("goes on with the tag once the pin is out; cleanup has its releases among those it knows", async () => {
    await berth("up", "dev", "--unpin");
    assert.deepEqual(await says(9090, 9091), ["two", "two"]);
    const { stdout } = await berth("cleanup", "dev", "--dry-run", "--json");
    assert.match(stdout, new RegExp(nameOf(one)));
  });

  troubles(() => stage);
  projectRegistry(() => stage);
  promotion(() => stage);
});
