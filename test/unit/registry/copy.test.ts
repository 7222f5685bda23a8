import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { CopyProgress } from "../../../components/registry/copy/copy-progress";
import { InvalidReference } from "../../../components/registry/reference";
import { TagConflict } from "../../../components/registry/tag";
import { copyBetween, type WrittenCopy } from "../../support/registry/copy-between";
import { registryError } from "../../support/registry/registry-error";
import { fail, ScriptedRegistry, sha256, status } from "../../support/registry/scripted-registry";

describe("copyImage", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  const LAYER = "the only layer";

  const copy = (more: Partial<WrittenCopy> = {}) => copyBetween(source, target, more);
  const writes = (registry: ScriptedRegistry) =>
    registry.seen.filter(({ method }) => method !== "GET" && method !== "HEAD");
  const isAt = (digest: string) => target.manifests.has(`blog@${digest}`);

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  describe("what arrives", () => {
    it("is the same bytes, with the tag set last", async () => {
      const layers = [randomBytes(300_000), randomBytes(10), ""];
      const digest = source.addImage("team/blog", layers, { tag: "1.0" });
      const result = await copy();
      assert.equal(target.tagged("blog", "1.0"), digest);
      for (const layer of layers) assert.deepEqual(target.blobs.get(sha256(layer)), Buffer.from(layer));
      const bytes = 300_010 + '{"layers":3}'.length;
      assert.deepEqual(result, {
        source: `${source.host}/team/blog@${digest}`,
        target: `${target.host}/blog:1.0@${digest}`,
        digest,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        blobs: {
          total: 4,
          present: 0,
          mounted: 0,
          copied: 4,
          missing: 0,
          bytes,
          bytesCopied: bytes,
          bytesMissing: 0,
          bytesResumed: 0,
        },
        manifests: { total: 1, present: 0, copied: 1, missing: 0 },
        referrers: { total: 0, present: 0, copied: 0, missing: 0 },
        tag: "set",
        dryRun: false,
      });
      const puts = writes(target).map(
        ({ method, path }) => `${method} ${path.replace(/\?.*|uploads\/.+/, "")}`,
      );
      assert.deepEqual(puts.slice(-2), [`PUT /v2/blog/manifests/${digest}`, "PUT /v2/blog/manifests/1.0"]);
    });

    it("is an index with every child, children before their index", async () => {
      const children = ["amd64", "arm64", "unknown"].map((one) => source.addImage("team/blog", [LAYER, one]));
      const inner = source.addIndex("team/blog", children.slice(0, 2));
      const digest = source.addIndex("team/blog", [inner, children[2]!, children[0]!], "1.0");
      const result = await copy();
      assert.deepEqual([result.digest, result.manifests.copied, result.blobs.total], [digest, 5, 5]);
      const order = target.requests("PUT", /manifests/).map(({ path }) => path.split("/").at(-1));
      assert.deepEqual(order.slice(-3), [inner, digest, "1.0"]);
      assert.deepEqual(order.slice(0, 3).sort(), [...children].sort());
    });

    it("is Docker's format unchanged, without a tag where none was named", async () => {
      source.addImage("team/blog", [LAYER]);
      const blob = {
        mediaType: "application/vnd.docker.container.image.v1+json",
        size: 14,
        digest: sha256(LAYER),
      };
      const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
      const digest = source.addManifest("team/blog", {
        schemaVersion: 2,
        mediaType,
        config: blob,
        layers: [],
      });
      const result = await copy({
        source: `${source.host}/team/blog@${digest}`,
        target: `${target.host}/blog`,
      });
      assert.deepEqual(
        [result.tag, isAt(digest), target.tagged("blog", "latest")],
        ["none", true, undefined],
      );
      assert.equal(target.manifests.get(`blog@${digest}`)?.mediaType, mediaType);
    });
  });

  describe("what is there already", () => {
    it("is not sent again: the same digest and tag is a no-op without a write or a blob read", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      await copy();
      source.seen.length = 0;
      target.seen.length = 0;
      const { blobs, manifests, tag } = await copy();
      assert.deepEqual([blobs.present, blobs.copied, manifests.present, tag], [2, 0, 1, "unchanged"]);
      assert.deepEqual(writes(target), []);
      assert.deepEqual(source.requests("GET", /blobs/), []);
    });

    it("is left alone blob by blob", async () => {
      target.blobs.set(sha256(LAYER), Buffer.from(LAYER));
      source.addImage("team/blog", [LAYER, "new"], { tag: "1.0" });
      const { blobs } = await copy();
      assert.deepEqual([blobs.present, blobs.copied], [1, 2]);
      assert.equal(source.requests("GET", new RegExp(sha256(LAYER))).length, 0);
    });

    it("is completed where an index lacks a child", async () => {
      const children = ["a", "b"].map((one) => source.addImage("team/blog", [one]));
      const digest = source.addIndex("team/blog", children, "1.0");
      await copy();
      target.manifests.delete(`blog@${children[1]}`);
      const { manifests } = await copy();
      assert.deepEqual([manifests.copied, manifests.present, isAt(children[1]!)], [1, 2, true]);
      assert.ok(isAt(digest));
    });

    it("gets a second tag without anything copied", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      await copy();
      const { blobs, manifests, tag } = await copy({ target: `${target.host}/blog:stable` });
      assert.deepEqual([blobs.copied, manifests.copied, tag], [0, 0, "set"]);
    });

    it("is told by a dry run, which writes nothing", async () => {
      target.blobs.set(sha256(LAYER), Buffer.from(LAYER));
      source.addImage("team/blog", [LAYER, "new"], { tag: "1.0" });
      const { blobs, manifests, tag, dryRun } = await copy({ dryRun: true });
      assert.deepEqual(
        [blobs.total, blobs.present, blobs.missing, blobs.bytesMissing, manifests.missing, tag, dryRun],
        [3, 1, 2, 3 + '{"layers":2}'.length, 1, "set", true],
      );
      assert.deepEqual(writes(target), []);
    });
  });

  describe("a tag that points elsewhere", () => {
    let before: string;
    let digest: string;
    beforeEach(() => {
      before = target.addImage("blog", ["before"], { tag: "1.0" });
      digest = source.addImage("team/blog", [LAYER], { tag: "1.0" });
    });

    it("is refused with both digests, before anything is sent", async () => {
      const error = await registryError(copy());
      assert.ok(error instanceof TagConflict);
      assert.deepEqual([error.found, error.wanted, error.tag], [before, digest, "1.0"]);
      assert.match(
        error.message,
        new RegExp(`points to ${before}, and should be set to ${digest}.*--move-tag`),
      );
      assert.deepEqual([writes(target), target.tagged("blog", "1.0")], [[], before]);
      await registryError(copy({ dryRun: true }));
    });

    it("is moved where that is allowed", async () => {
      assert.equal((await copy({ moveTag: true })).tag, "moved");
      assert.equal(target.tagged("blog", "1.0"), digest);
    });

    it("is refused as well when another job sets it meanwhile", async () => {
      target.manifests.delete("blog:1.0");
      target.script("PUT", /manifests\/sha256/, (request, response) => {
        target.addImage("blog", ["another job's"], { tag: "1.0" });
        target.route(request, response);
      });
      assert.ok((await registryError(copy())) instanceof TagConflict);
    });
  });

  describe("a repository that takes everything once", () => {
    it("gets no second PUT of a tag, and its refusal is fine where another job put the same", async () => {
      const digest = source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/1\.0/, (request, response) => {
        target.manifests.set("blog:1.0", {
          mediaType: String(request.headers["content-type"]),
          bytes: request.body,
        });
        fail(response, 400, "UNKNOWN", "Repository does not allow updating assets: releases");
      });
      assert.equal((await copy()).tag, "unchanged");
      assert.equal(target.tagged("blog", "1.0"), digest);
    });

    it("may refuse a manifest that is there meanwhile", async () => {
      const digest = source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/sha256/, (request, response) => {
        target.manifests.set(`blog@${digest}`, {
          mediaType: String(request.headers["content-type"]),
          bytes: request.body,
        });
        fail(response, 400, "UNKNOWN", "Repository does not allow updating assets: releases");
      });
      assert.deepEqual((await copy()).manifests, { total: 1, present: 1, copied: 0, missing: 0 });
    });

    it("may refuse a blob that another job brought first (BLOB_UPLOAD_INVALID)", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", new RegExp(sha256(LAYER).replace(":", ".*")), ({ body }, response) => {
        target.blobs.set(sha256(body), body);
        fail(response, 400, "BLOB_UPLOAD_INVALID", "blob upload invalid");
      });
      const { blobs } = await copy();
      assert.deepEqual([blobs.present, blobs.copied], [1, 1]);
    });

    it("is named in the error where the tag can't be moved", async () => {
      target.addImage("blog", ["before"], { tag: "1.0" });
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/1\.0/, (_r, response) =>
        fail(response, 400, "UNKNOWN", "Repository does not allow updating assets: releases"),
      );
      const { message } = await registryError(copy({ moveTag: true }));
      assert.match(message, /^PUT .*manifests\/1\.0: 400 UNKNOWN: Repository does not allow.*use a new tag$/);
    });
  });

  describe("an upload", () => {
    const blobPut = (layer: string | Buffer) => new RegExp(`uploads/.*${encodeURIComponent(sha256(layer))}`);
    beforeEach(() => source.addImage("team/blog", [LAYER], { tag: "1.0" }));

    it("starts anew when the registry has forgotten it", async () => {
      target.script("PUT", blobPut(LAYER), (_r, response) =>
        fail(response, 404, "BLOB_UPLOAD_UNKNOWN", "unknown"),
      );
      assert.equal((await copy()).blobs.copied, 2);
    });

    it("is repeated after a connection dropped on the way in, and on the way out", async () => {
      const big = randomBytes(2_000_000);
      source.addImage("team/blog", [big], { tag: "1.0" });
      source.script("GET", new RegExp(sha256(big)), (_r, response) => {
        response.writeHead(200, { "content-length": big.length }).write(big.subarray(0, 1_000_000));
        setTimeout(() => response.destroy(), 20);
      });
      target.script("PUT", /uploads/, ({ raw }) => void raw.socket.destroy(), { early: true, times: 2 });
      const { blobs } = await copy();
      assert.equal(blobs.copied, 2);
      assert.deepEqual(target.blobs.get(sha256(big)), big);
    });

    it("is refused for good with the registry's own words, its half given up, and no tag set", async () => {
      target.script(
        "PUT",
        blobPut(LAYER),
        (_r, response) => fail(response, 507, "UNKNOWN", "no space left on device"),
        { times: 9 },
      );
      const { message } = await registryError(copy());
      assert.match(message, /507 UNKNOWN: no space left on device\. .* free disk space$/);
      assert.ok(!message.includes("s3cret"));
      assert.equal(target.requests("DELETE", /uploads/).length, 1);
      assert.deepEqual([...target.manifests], []);
    });

    it("ends as soon as the registry refuses it, without sending the rest", async () => {
      const big = randomBytes(30_000_000);
      source.addImage("team/blog", [big], { tag: "1.0" });
      let received = 0;
      target.script(
        "PUT",
        blobPut(big),
        ({ raw }, response) => {
          raw.on("data", (chunk: Buffer) => {
            received += chunk.length;
          });
          fail(response, 403, "DENIED", "quota exceeded");
        },
        { early: true },
      );
      assert.match((await registryError(copy())).message, /403 DENIED: quota exceeded/);
      assert.ok(received < big.length, `${received} bytes were sent`);
    });

    it("goes by PATCH and PUT where a PUT with content is not allowed, from then on", async () => {
      target.script(
        "PUT",
        /uploads/,
        (request, response) => {
          if (request.body.length > 0) return fail(response, 405, "UNSUPPORTED", "use PATCH");
          target.route(request, response);
        },
        { times: 99 },
      );
      assert.equal((await copy({ concurrency: 1 })).blobs.copied, 2);
      assert.equal(target.requests("PATCH", /uploads/).length, 2);
      assert.deepEqual(target.blobs.get(sha256(LAYER)), Buffer.from(LAYER));
    });

    it("takes no credentials to another host's", async () => {
      const secret = { username: "me", password: "hunter2hunter2" };
      target.script(
        "POST",
        /uploads/,
        (_r, response) => void response.writeHead(202, { location: `http://${source.host}/elsewhere` }).end(),
        { times: 9 },
      );
      target.script("HEAD", /manifests/, status(401, { "www-authenticate": "Basic realm=x" }));
      source.script("PUT", /elsewhere/, status(401, { "www-authenticate": "Basic realm=trap" }), {
        times: 9,
      });
      const { message } = await registryError(copy({ credentials: { [target.host]: secret } }));
      assert.match(message, /sent this request on to/);
      assert.ok(target.seen.some(({ headers }) => headers.authorization !== undefined));
      assert.ok(source.seen.every(({ headers }) => headers.authorization === undefined));
    });

    it("follows an absolute address at the registry", async () => {
      target.script("POST", /uploads/, (request, response) => {
        const { writeHead } = response;
        response.writeHead = ((code: number, { location }: { location: string }) =>
          writeHead.call(response, code, {
            location: `http://${target.host}${location}`,
          })) as typeof writeHead;
        target.route(request, response);
      });
      assert.equal((await copy()).blobs.copied, 2);
    });

    it("without an address is refused clearly", async () => {
      target.script("POST", /uploads/, status(202), { times: 9 });
      assert.match((await registryError(copy())).message, /without saying where \(Location\)/);
    });
  });

  describe("a mount", () => {
    const within = (more = {}) => copy({ target: `${source.host}/promoted:1.0`, ...more });
    beforeEach(() => source.addImage("team/blog", [LAYER], { tag: "1.0" }));
    // In memory all blobs are common to all repositories, so the second repository has to deny having them.
    const deny = () => source.script("HEAD", /promoted\/blobs/, status(404), { times: 2 });

    it("takes blobs over inside one registry", async () => {
      deny();
      assert.deepEqual((await within()).blobs.mounted, 2);
      assert.equal(source.requests("GET", /blobs/).length, 0);
    });

    it("that gets an upload instead sends the content there", async () => {
      deny();
      source.script(
        "POST",
        /mount=/,
        (request, response) => source.route({ ...request, path: request.path.replace(/\?.*/, "") }, response),
        { times: 2 },
      );
      const { blobs } = await within();
      assert.deepEqual([blobs.mounted, blobs.copied, source.requests("POST", /uploads/).length], [0, 2, 2]);
    });

    for (const code of [401, 403, 404, 405])
      it(`that is refused with ${code} leaves the plain upload`, async () => {
        deny();
        source.script(
          "POST",
          /mount=/,
          status(code, code === 401 ? { "www-authenticate": "Basic realm=x" } : {}),
          { times: 2 },
        );
        const { blobs } = await within();
        assert.deepEqual([blobs.mounted, blobs.copied], [0, 2]);
      });
  });

  describe("BLOB_UNKNOWN at the manifest", () => {
    for (const code of ["BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"])
      it(`(${code}) sends the named blob again, whatever its HEAD says, and tries once more`, async () => {
        source.addImage("team/blog", [LAYER, "other"], { tag: "1.0" });
        target.script("HEAD", new RegExp(sha256(LAYER)), status(200), { times: 9 });
        target.script("PUT", /manifests\/sha256/, (_r, response) =>
          fail(response, 400, code, "blob unknown", { digest: sha256(LAYER) }),
        );
        const { blobs } = await copy();
        assert.deepEqual([blobs.copied, blobs.present], [3, 0]);
        assert.ok(target.blobs.has(sha256(LAYER)));
      });

    it("sends all blobs where none is named, and gives up after the second refusal", async () => {
      source.addImage("team/blog", [LAYER, "other"], { tag: "1.0" });
      target.script("PUT", /manifests\/sha256/, (_r, response) => fail(response, 400, "BLOB_UNKNOWN", "?"), {
        times: 2,
      });
      assert.equal((await registryError(copy())).code, "BLOB_UNKNOWN");
      assert.equal(target.requests("POST", /uploads/).length, 6);
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });
  });

  describe("a registry that lies", () => {
    const refused: [string, (served: Buffer) => Buffer, RegExp][] = [
      [
        "other bytes",
        (served) => Buffer.from(served).fill("x"),
        /expected blob sha256:.*, got content with digest sha256/,
      ],
      [
        "more bytes",
        (served) => Buffer.concat([served, served]),
        /got more than the 14 bytes of its descriptor/,
      ],
      ["fewer bytes", (served) => served.subarray(1), /got 13 of 14 bytes, then the end/],
    ];
    for (const [what, change, message] of refused)
      it(`about a blob (${what}) is found out, and nothing wrong is stored`, async () => {
        source.addImage("team/blog", [LAYER], { tag: "1.0" });
        source.script(
          "GET",
          new RegExp(sha256(LAYER)),
          (_r, response) => void response.end(change(Buffer.from(LAYER))),
          { times: 9 },
        );
        assert.match((await registryError(copy())).message, message);
        assert.ok(!target.blobs.has(sha256(LAYER)));
        assert.deepEqual([...target.manifests], []);
      });

    it("about a child of an index is found out", async () => {
      const child = source.addImage("team/blog", [LAYER]);
      source.addIndex("team/blog", [child], "1.0");
      source.script(
        "GET",
        new RegExp(`manifests/${child}`),
        (_r, response) =>
          void response
            .writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json" })
            .end("{}"),
      );
      assert.match((await registryError(copy())).message, /it was changed on the way/);
    });

    it("about having stored the manifest is found out before the tag is set, after a second try", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/sha256/, status(201), { times: 2 });
      const error = await registryError(copy());
      assert.deepEqual([error.method, error.status], ["GET", 404]);
      assert.match(
        error.message,
        /took this manifest twice and does not have it whole.*tag was left as it is$/,
      );
      assert.deepEqual(
        [target.tagged("blog", "1.0"), target.requests("PUT", /manifests/).length],
        [undefined, 2],
      );
    });

    it("about having stored a manifest or a blob once gets it again", async () => {
      const digest = source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/sha256/, status(201));
      target.script("PUT", new RegExp(encodeURIComponent(sha256(LAYER))), status(201));
      const { blobs } = await copy();
      assert.equal(blobs.copied, 2);
      assert.ok(target.blobs.has(sha256(LAYER)));
      assert.equal(target.tagged("blog", "1.0"), digest);
    });

    it("about having stored a blob, or one of another size, is found out before the tag is set", async () => {
      source.addImage("team/blog", [LAYER, "other"], { tag: "1.0" });
      target.script("PUT", new RegExp(encodeURIComponent(sha256(LAYER))), status(201), { times: 2 });
      assert.match((await registryError(copy())).message, /^HEAD .*\/blobs\/sha256:.* took this blob twice/);
      target.script("HEAD", new RegExp(sha256("other")), status(200, { "content-length": "4" }), {
        times: 9,
      });
      assert.match((await registryError(copy())).message, /took this blob twice and does not have it whole/);
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });

    it("about its tag's manifest being the source's bytes is found out", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/sha256/, (request, response) => {
        target.route(request, response);
        const [key] = [...target.manifests.keys()];
        target.manifests.set(key!, { ...target.manifests.get(key!)!, bytes: Buffer.from("{}") });
      });
      assert.match((await registryError(copy())).message, /it was changed on the way/);
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });

    it("about having set the tag is found out", async () => {
      source.addImage("team/blog", [LAYER], { tag: "1.0" });
      target.script("PUT", /manifests\/1\.0/, status(201));
      assert.match((await registryError(copy())).message, /points to nothing now/);
    });
  });

  describe("two copies of one image at once", () => {
    it("both succeed", async () => {
      const digest = source.addImage(
        "team/blog",
        Array.from({ length: 20 }, () => randomBytes(50_000)),
        { tag: "1.0" },
      );
      const results = await Promise.all([copy(), copy(), copy()]);
      for (const result of results) assert.equal(result.digest, digest);
      assert.equal(target.tagged("blog", "1.0"), digest);
    });
  });

  it("stops at the first failure of several, with that failure, and waits for no blob that hangs", async () => {
    source.addImage(
      "team/blog",
      Array.from({ length: 20 }, () => randomBytes(50_000)),
      { tag: "1.0" },
    );
    source.script("GET", /blobs/, () => undefined);
    target.script("POST", /uploads/, (request, response) => target.route(request, response), { times: 2 });
    target.script("POST", /uploads/, (_r, response) => fail(response, 403, "DENIED", "no"));
    const error = await registryError(copy());
    assert.equal(error.code, "DENIED");
    assert.ok(source.requests("GET", /blobs/).length < 10);
  });

  it("stops when it is told to, with the reason given", async () => {
    const stop = new AbortController();
    source.addImage("team/blog", [LAYER], { tag: "1.0" });
    source.script("GET", /blobs/, () => stop.abort(new Error("enough")), { times: 9 });
    await assert.rejects(copy({ signal: stop.signal }), /^Error: enough$/);
    assert.deepEqual([...target.manifests], []);
  });

  it("reports bytes up to exactly all of them, also after a repeated blob", async () => {
    const progress: CopyProgress[] = [];
    const big = randomBytes(500_000);
    source.addImage("team/blog", [big, LAYER], { tag: "1.0" });
    source.script("GET", new RegExp(sha256(big)), (_r, response) => {
      response.writeHead(200, { "content-length": big.length }).write(big.subarray(0, 300_000));
      setTimeout(() => response.destroy(), 20);
    });
    target.blobs.set(sha256(LAYER), Buffer.from(LAYER));
    const { blobs } = await copy({ onProgress: (one) => progress.push(one) });
    const last = progress.at(-1)!;
    assert.deepEqual(last, {
      stage: "done",
      blobs: 3,
      blobsDone: 3,
      bytes: blobs.bytes,
      bytesDone: blobs.bytes,
    });
    assert.ok(progress.every(({ bytesDone }) => bytesDone >= 0 && bytesDone <= blobs.bytes));
    const stages = [...new Set(progress.map(({ stage }) => stage))];
    assert.deepEqual(stages, ["resolve", "check", "blobs", "manifests", "verify", "tag", "done"]);
  });

  it("refuses a target digest that is not the source's, and a source without tag and digest", async () => {
    const digest = source.addImage("team/blog", [LAYER], { tag: "1.0" });
    const wrong = await registryError(copy({ target: `${target.host}/blog@${sha256("x")}` }));
    assert.match(wrong.message, new RegExp(`the source has digest ${digest}\\. A copy keeps the digest`));
    assert.equal((await copy({ target: `${target.host}/blog@${digest}` })).tag, "none");
    await assert.rejects(copy({ source: `${source.host}/team/blog` }), InvalidReference);
    await assert.rejects(copy({ target: "blog:1.0" }), InvalidReference);
  });

  it("says which image is missing at the source", async () => {
    const { message } = await registryError(copy());
    assert.match(
      message,
      /^GET http:.*\/v2\/team\/blog\/manifests\/1\.0: 404 MANIFEST_UNKNOWN: manifest unknown\. Check that team\/blog/,
    );
  });
});
