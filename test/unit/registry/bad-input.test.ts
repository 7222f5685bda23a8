import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyBetween, type WrittenCopy } from "../../support/registry/copy-between";
import { registryError } from "../../support/registry/registry-error";
import { fail, ScriptedRegistry, sha256, status } from "../../support/registry/scripted-registry";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

describe("A copy of what is not as it should be", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;

  const copy = (more: Partial<WrittenCopy> = {}) => copyBetween(source, target, more);
  const describeBlob = (content: string, mediaType = LAYER) => {
    source.blobs.set(sha256(content), Buffer.from(content));
    return { mediaType, digest: sha256(content), size: content.length };
  };
  const isUntouched = () => target.seen.every(({ method }) => method === "GET" || method === "HEAD");

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  describe("is refused with a clear answer, and nothing is sent:", () => {
    const config = () => describeBlob("{}", "application/vnd.oci.image.config.v1+json");
    const refused: [string, () => void, RegExp][] = [
      [
        "a schema 1 image",
        () => {
          const mediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws";
          source.addManifest("team/blog", { schemaVersion: 1, fsLayers: [] }, "1.0", mediaType);
        },
        /manifests\/1\.0: 200 this is a schema 1 image, a format given up in 2019: push it again/,
      ],
      [
        "a foreign layer by its media type",
        () => {
          const layer = describeBlob("windows", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
          source.addManifest("team/blog", { mediaType: IMAGE, config: config(), layers: [layer] }, "1.0");
        },
        /its layer sha256:\w+ is a foreign one \(application\/vnd\.docker\.image\.rootfs\.foreign.*can't be copied/,
      ],
      [
        "a layer that is elsewhere, by its addresses",
        () => {
          const layer = { ...describeBlob("elsewhere"), urls: ["https://elsewhere.example/layer"] };
          source.addManifest("team/blog", { mediaType: IMAGE, config: config(), layers: [layer] }, "1.0");
        },
        /is a foreign one \(application\/vnd\.oci\.image\.layer\.v1\.tar, with addresses elsewhere in "urls"\)/,
      ],
      [
        "a foreign layer of one platform of an index, since none is left out",
        () => {
          const layer = describeBlob("windows", "application/vnd.oci.image.layer.nondistributable.v1.tar");
          const good = source.addImage("team/blog", ["linux"]);
          const bad = source.addManifest("team/blog", {
            mediaType: IMAGE,
            config: config(),
            layers: [layer],
          });
          source.addIndex("team/blog", [good, bad], "1.0");
        },
        /is a foreign one/,
      ],
      [
        "an unknown media type",
        () => {
          source.addManifest("team/blog", { mediaType: "application/vnd.example.bundle+json" }, "1.0");
        },
        /media type application\/vnd\.example\.bundle\+json is unknown here; known are/,
      ],
      [
        "an index whose child would be larger than 4 MiB",
        () => {
          const manifests = [{ mediaType: IMAGE, digest: sha256("x"), size: 4 * 1024 * 1024 + 1 }];
          source.addManifest("team/blog", { mediaType: INDEX, manifests }, "1.0");
        },
        /its entry sha256:\w+ has 4194305 bytes, and manifests of more than 4194304 bytes are refused/,
      ],
      [
        "a manifest larger than 4 MiB",
        () => {
          const annotations = { long: "x".repeat(4 * 1024 * 1024) };
          source.addManifest(
            "team/blog",
            { mediaType: IMAGE, config: config(), layers: [], annotations },
            "1.0",
          );
        },
        /larger than 4194304 bytes, which is refused/,
      ],
      [
        "indexes in indexes without end",
        () => {
          let digest = source.addImage("team/blog", ["layer"]);
          for (let level = 0; level < 12; level++) digest = source.addIndex("team/blog", [digest], "1.0");
        },
        /has more than 8 levels of indexes, which is refused/,
      ],
      [
        "an index that names itself (which no true digest can)",
        () => {
          const digest = sha256("a wish");
          const content = { mediaType: INDEX, manifests: [{ mediaType: INDEX, digest, size: 200 }] };
          source.addManifest("team/blog", content, "1.0");
          source.manifests.set(`team/blog@${digest}`, source.manifests.get("team/blog:1.0")!);
        },
        /expected content with digest sha256:\w+, got sha256:\w+: it was changed on the way/,
      ],
      [
        "more than 32 MiB of manifests",
        () => {
          const manifests = Array.from({ length: 12 }, (_, n) => ({
            mediaType: IMAGE,
            digest: sha256(`${n}`),
            size: 3 * 1024 * 1024,
          }));
          source.addManifest("team/blog", { mediaType: INDEX, manifests }, "1.0");
        },
        /has more than 33554432 bytes of manifests, which is refused/,
      ],
      [
        "thousands of manifests",
        () => {
          const manifests = Array.from({ length: 2001 }, (_, n) => ({
            mediaType: IMAGE,
            digest: sha256(`${n}`),
            size: 100,
          }));
          source.addManifest("team/blog", { mediaType: INDEX, manifests }, "1.0");
        },
        /has more than 2000 manifests, which is refused/,
      ],
      [
        "a subject without a digest",
        () => {
          const subject = { mediaType: IMAGE, size: 1 };
          source.addManifest("team/blog", { mediaType: IMAGE, config: config(), layers: [], subject }, "1.0");
        },
        /expected a sha256 or sha512 digest at "subject\.digest"/,
      ],
    ];
    for (const [what, arrange, message] of refused)
      it(what, async () => {
        arrange();
        const error = await registryError(copy());
        assert.match(error.message, message);
        assert.ok(isUntouched());
      });
  });

  describe("is copied as it is:", () => {
    it("a layer without a byte, which needs no reading", async () => {
      source.addImage("team/blog", ["", "other"], { tag: "1.0" });
      await copy();
      assert.deepEqual(target.blobs.get(sha256("")), Buffer.alloc(0));
      assert.equal(source.requests("GET", new RegExp(sha256(""))).length, 0);
    });

    it("a layer that is named several times, once", async () => {
      const other = randomBytes(1000);
      source.addImage("team/blog", ["twice", other, "twice", "twice"], { tag: "1.0" });
      const { blobs } = await copy();
      assert.deepEqual([blobs.total, blobs.copied], [3, 3]);
      assert.equal(source.requests("GET", new RegExp(sha256("twice"))).length, 1);
    });

    it("one layer of several images of an index, once", async () => {
      const children = ["a", "b", "c"].map((one) => source.addImage("team/blog", ["shared", one]));
      source.addIndex("team/blog", children, "1.0");
      await copy();
      assert.equal(target.requests("PUT", new RegExp(encodeURIComponent(sha256("shared")))).length, 1);
    });

    it("an image of the same child under two indexes", async () => {
      const child = source.addImage("team/blog", ["layer"]);
      const inner = source.addIndex("team/blog", [child]);
      source.addIndex("team/blog", [inner, child], "1.0");
      assert.equal((await copy()).manifests.copied, 3);
    });
  });

  describe("a target without room or patience", () => {
    for (const [code, path, message] of [
      [500, /uploads\/.+/, /500 UNKNOWN: write \/data: no space left on device.*free disk space/],
      [507, /uploads\/.+/, /507 .*free disk space/],
      [413, /uploads\/.+/, /413 .*limits the size of requests: raise its limit/],
      [500, /manifests/, /500 .*free disk space/],
    ] as const)
      it(`that answers ${code} to a PUT of ${path.source} is asked once, and no tag is set`, async () => {
        source.addImage("team/blog", ["layer"], { tag: "1.0" });
        const refuse = (text: string) => (_r: unknown, response: Parameters<typeof fail>[0]) =>
          fail(response, code, "UNKNOWN", text);
        target.script("PUT", path, refuse("write /data: no space left on device"), { times: 99 });
        assert.match((await registryError(copy({ concurrency: 1 }))).message, message);
        assert.ok(target.requests("PUT", path).length <= 2, "both blobs may have been on their way");
        assert.deepEqual([target.tagged("blog", "1.0"), target.uploads.size], [undefined, 0]);
      });

    it("that takes no uploads at all is named", async () => {
      source.addImage("team/blog", ["layer"], { tag: "1.0" });
      target.script("POST", /uploads/, status(403), { times: 9 });
      assert.match((await registryError(copy())).message, /^POST .*: 403\. Nobody may push to blog/);
    });
  });
});
