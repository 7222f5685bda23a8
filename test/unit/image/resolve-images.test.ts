import assert from "node:assert/strict";
import { resolveImages, withDigests } from "../../../components/image/resolve-images";
import { INDEX_TYPE } from "../../../components/registry/manifest";
import { ScriptedRegistry, status } from "../../support/registry/scripted-registry";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

describe("the tags of images of others", () => {
  let nexus: ScriptedRegistry;
  const outputs = (apps: object = {}) => ({
    nexusUrl: "http://nexus.test",
    dockerGroup: nexus.host,
    accounts: { "base-reader": { username: "base-reader", password: "s3cret" } },
    apps,
  });
  const notesOf = (notes: readonly string[]) => notes.map((note) => note.replaceAll(nexus.host, "NEXUS"));

  beforeEach(async () => {
    nexus = await new ScriptedRegistry().start();
  });
  afterEach(() => nexus.stop());

  it("are looked up through Nexus, those that say what an app runs", async () => {
    const redis = nexus.addImage("library/redis", ["layer"], { tag: "7" });
    const apps = [
      { name: "cache", image: "redis:7" },
      { name: "fixed", image: `redis@${digest("1")}` },
      { name: "pinned", image: "redis:7", release: { tag: "7-1", digest: digest("2") } },
      { name: "built" },
    ];
    const { digests, notes } = await resolveImages(apps, outputs());
    assert.deepEqual(digests, { cache: redis });
    assert.deepEqual(notes, []);
    assert.deepEqual(
      withDigests(apps, { ...digests, fixed: digest("3"), pinned: digest("3") }).map(({ image }) => image),
      [`docker.io/library/redis:7@${redis}`, `redis@${digest("1")}`, "redis:7", undefined],
    );
  });

  it("of a new stack nobody knows, and that is said", async () => {
    const { digests, notes } = await resolveImages([{ name: "cache", image: "redis:7" }], {});
    assert.deepEqual(digests, {});
    assert.deepEqual(notes, [
      "cache: what redis:7 points to isn't known, and the update looks it up: this stack has no Nexus yet that could be asked",
    ]);
  });

  it("that can't be looked up stay what they were, as long as the settings have the same image", async () => {
    nexus.script("HEAD", /manifests/, status(403), { times: 99 });
    const last = { image: "docker.io/library/redis:7", release: { tag: "7-111", digest: digest("1") } };
    const before = { cache: last, old: last, other: last };
    const { digests, notes } = await resolveImages(
      [
        { name: "cache", image: "redis:7" },
        { name: "renamed", was: "old", image: "redis:7" },
        { name: "other", image: "redis:8" },
      ],
      outputs(before),
    );
    assert.deepEqual(digests, { cache: digest("1"), renamed: digest("1") });
    const [cache, other, renamed] = notesOf(notes);
    assert.match(
      cache!,
      /^cache: what redis:7 points to isn't known, and cache stays at sha256:111111111111: .*403/,
    );
    assert.match(other!, /^other: what redis:8 points to isn't known, and the update looks it up: .*403/);
    assert.match(renamed!, /^renamed: .*renamed stays at sha256:111111111111/);
    assert.ok(!notes.join().includes("s3cret"));
  });

  it("that Nexus doesn't give and no update has a digest of are lost, with what to do; one that nobody answered for is not", async () => {
    const apps = [{ name: "cache", image: "reddis:7" }];
    const { digests, notes, lost } = await resolveImages(apps, outputs());
    assert.deepEqual(digests, {});
    const why =
      "Nexus and the registries behind it don't have it, or don't hand it out. Nexus's own log says what an upstream answered.";
    assert.deepEqual(notes, [
      `cache: what reddis:7 points to isn't known, and the update looks it up: ${why}`,
    ]);
    const text = `cache: what reddis:7 points to isn't known, and the last update has no digest of it to stay at: ${why}`;
    assert.deepEqual(lost, [{ app: "cache", text }]);
    const last = { image: "docker.io/library/reddis:7", release: { tag: "7-111", digest: digest("1") } };
    assert.deepEqual((await resolveImages(apps, outputs({ cache: last }))).lost, []);
    assert.deepEqual((await resolveImages(apps, {})).lost, []);
    await nexus.stop();
    assert.deepEqual((await resolveImages(apps, outputs())).lost, [], "the update may start it");
    await nexus.start();
  });

  it("to an index whose images are not all there stay what they were: Nexus remembers a tag while its upstream is down", async () => {
    const child = nexus.addImage("library/redis", ["layer"]);
    const entry = (of: string) => ({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: of,
      size: 1,
    });
    const index = (...digests: string[]) =>
      nexus.addManifest(
        "library/redis",
        { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: digests.map(entry) },
        "7",
      );
    const apps = [{ name: "cache", image: "redis:7" }];
    const whole = index(child);
    assert.deepEqual((await resolveImages(apps, outputs())).digests, { cache: whole });
    const half = index(child, digest("2"));
    const last = { image: "docker.io/library/redis:7", release: { tag: "7-111", digest: whole } };
    const { digests, notes } = await resolveImages(apps, outputs({ cache: last }));
    assert.deepEqual(digests, { cache: whole });
    assert.match(
      notes.join(),
      /^cache: redis:7 points to sha256:\w{12} now, which isn't to be had whole, and cache stays at sha256:\w{12}: /,
    );
    const same = { image: "docker.io/library/redis:7", release: { tag: "7-222", digest: half } };
    assert.deepEqual(
      (await resolveImages(apps, outputs({ cache: same }))).digests,
      { cache: half },
      "what was copied once isn't asked for again",
    );
  });
});
