import assert from "node:assert/strict";
import { UNKNOWN } from "../../../components/base/shape";
import { ImageDigest } from "../../../components/image/image-digest";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";
import { serialisedProvider } from "../../support/serialised-provider";

const REPOSITORY = "library/redis";
const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

describe("the digest of somebody else's image", () => {
  let nexus: ScriptedRegistry;
  let arm: Awaited<ReturnType<typeof scriptedDocker>>;
  let amd: Awaited<ReturnType<typeof scriptedDocker>>;
  let provider: Awaited<ReturnType<typeof serialisedProvider>>;

  const want = (over: object = {}) => ({
    app: "cache",
    image: `${nexus.host}/${REPOSITORY}:7`,
    tls: false,
    username: "base-reader",
    password: "s3cret",
    container: "",
    servers: [] as { name: string; docker: string }[],
    ...over,
  });
  const onArm = () => ({ servers: [{ name: "web1", docker: arm.address }] });
  const onBoth = () => ({ servers: [...onArm().servers, { name: "web2", docker: amd.address }] });
  const refusal = async (over: object = {}) => {
    const error = await provider.create(want(over)).then(() => assert.fail("it was not refused"), String);
    assert.ok(!error.includes("s3cret"));
    return error.replaceAll(nexus.host, "NEXUS");
  };
  /** An index for these, under the tag. */
  const publish = (...kinds: string[]) => {
    const child = nexus.addImage(REPOSITORY, ["layer"]);
    const manifests = kinds.map((kind) => {
      const [os, architecture, variant] = kind.split("/");
      return { mediaType: MANIFEST, digest: child, size: 1, platform: { os, architecture, variant } };
    });
    return nexus.addManifest(REPOSITORY, { schemaVersion: 2, mediaType: INDEX, manifests }, "7");
  };

  before(async () => {
    const ofKind = (Arch: string) =>
      scriptedDocker({
        state: () => undefined,
        exec: () => ({ exitCode: 1, output: "" }),
        version: { Os: "linux", Arch },
      });
    [arm, amd] = [await ofKind("arm64"), await ofKind("amd64")];
    const args = {
      app: "a",
      image: "i",
      username: "u",
      password: "p",
      container: "",
      servers: [],
      tls: false,
    };
    provider = await serialisedProvider(() => new ImageDigest("d", args));
  });
  after(() => Promise.all([arm.close(), amd.close()]));
  beforeEach(async () => {
    nexus = await new ScriptedRegistry().start();
  });
  afterEach(() => nexus.stop());

  it("is what the tag points to where nobody could look before, and what was found where somebody did", async () => {
    const [first, second] = [publish("linux/amd64"), publish("linux/arm64")];
    assert.equal((await provider.create(want())).outs!["digest"], second);
    assert.equal((await provider.create(want({ digest: first }))).outs!["digest"], first);
  });

  it("of another digest, image or server is looked at again, and of another password or container not", async () => {
    const changes = async (over: object) =>
      (await provider.diff("id", want({ digest: "a" }), want(over))).changes;
    assert.equal(await changes({ digest: "a" }), false);
    assert.equal(await changes({ digest: "a", password: "other", container: "other" }), false);
    assert.equal(await changes({ digest: "b" }), true);
    assert.equal(await changes({ digest: "a", image: "other" }), true);
    assert.equal(await changes({ digest: "a", ...onArm() }), true);
  });

  it("is refused for a server that doesn't run it, in a preview already where it is known there", async () => {
    const text =
      /^(Error: )?berth:apps\.cache\.image: NEXUS\/library\/redis:7 is for linux\/amd64, linux\/386, and web1 is linux\/arm64, which does not run it/;
    const digest = publish("linux/amd64", "linux/386", "unknown/unknown");
    assert.match(await refusal(onArm()), text);
    const { failures = [] } = await provider.check({}, want({ digest, ...onArm() }));
    assert.match(failures.map(({ reason }) => reason.replaceAll(nexus.host, "NEXUS")).join(), text);
    const next = async (before: object) =>
      (await provider.check(before, want({ digest, ...onArm() }))).failures;
    assert.equal((await next(want({ digest })))?.length, 1, "the server is new");
    assert.deepEqual(await next(want({ digest, ...onArm() })), [], "it was looked at");
  });

  it("fits servers that are among its platforms, that can't be asked, and where it says nothing of it", async () => {
    publish("linux/amd64", "linux/arm64/v8");
    await provider.create(want(onArm()));
    publish("linux/amd64");
    await provider.create(want({ servers: [{ name: "web1", docker: "unix:///nowhere.sock" }] }));
    nexus.addImage(REPOSITORY, ["layer"], { tag: "7" });
    await provider.create(want(onArm()));
  });

  it("fits servers of two kinds where the image is for both, and else names the server that is left out", async () => {
    const both = publish("linux/amd64", "linux/arm64");
    assert.equal((await provider.create(want(onBoth()))).outs!["digest"], both);
    assert.deepEqual((await provider.check({}, want({ digest: both, ...onBoth() }))).failures, []);
    publish("linux/arm64");
    assert.match(await refusal(onBoth()), /is for linux\/arm64, and web2 is linux\/amd64/);
    publish("linux/amd64", "linux/386");
    assert.match(await refusal(onBoth()), /is for linux\/amd64, linux\/386, and web1 is linux\/arm64/);
  });

  it("of an image for one platform is asked of its configuration", async () => {
    const digest = nexus.addImage(REPOSITORY, ["layer"], { tag: "7" });
    const { bytes } = nexus.manifests.get(`${REPOSITORY}@${digest}`) as { bytes: Buffer };
    const { config } = JSON.parse(bytes.toString()) as { config: { digest: string } };
    const kind = Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64" }));
    nexus.blobs.set(config.digest, kind);
    assert.match(await refusal(onArm()), /is for linux\/amd64, and web1 is linux\/arm64/);
  });

  it("that Nexus doesn't have is refused with what to look at", async () => {
    assert.match(
      await refusal(),
      /cache: the image NEXUS\/library\/redis:7 is not to be had: Nexus and the registries behind it don't have it/,
    );
    await nexus.stop();
    assert.match(await refusal(), /is not to be had: .*ECONNREFUSED/);
    await nexus.start();
  });

  it("of an index whose images are not all there is refused before it is copied", async () => {
    const manifests = [{ mediaType: MANIFEST, digest: `sha256:${"2".repeat(64)}`, size: 1 }];
    nexus.addManifest(REPOSITORY, { schemaVersion: 2, mediaType: INDEX, manifests }, "7");
    assert.match(await refusal(), /is not to be had: .* \(of sha256:\w{64} it lacks sha256:2{64}\)/);
  });

  it("asks nobody in a preview of a stack that has no Nexus yet", async () => {
    const unknown = want({ image: UNKNOWN, digest: `sha256:${"1".repeat(64)}`, ...onArm() });
    assert.deepEqual((await provider.check({}, unknown)).failures, []);
    assert.equal(nexus.seen.length, 0);
  });
});
