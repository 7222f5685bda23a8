import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RegistryError } from "../../../components/registry/wire/errors";
import { copyBetween, type WrittenCopy } from "../../support/registry/copy-between";
import {
  breakAfter,
  cutAfter,
  fail,
  ScriptedRegistry,
  sha256,
  status,
} from "../../support/registry/scripted-registry";

const MIB = 1024 * 1024;

describe("A copy that is interrupted", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  let folder: string;
  const layer = randomBytes(20 * MIB);
  const digest = sha256(layer);
  const named = new RegExp(digest);

  const copy = (more: Partial<WrittenCopy> = {}) =>
    copyBetween(source, target, { resumeFrom: MIB, journal: join(folder, "uploads"), ...more });
  const failure = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => assert.fail("expected an error"),
      (error: Error) => error,
    );
  const notes = () => readdirSync(join(folder, "uploads"));
  const ranges = () => source.requests("GET", named).map(({ headers }) => headers.range);
  /** Uploads of the layer, without the config's. */
  const posts = () => target.requests("POST", /uploads/).length - 1;
  const patches = () => target.requests("PATCH", /uploads/).map(({ headers }) => headers["content-range"]);
  const isRight = () => target.blobs.get(digest)?.equals(layer);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "berth-journal-"));
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    source.addImage("team/blog", [layer], { tag: "1.0" });
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await Promise.all([source.stop(), target.stop()]);
  });

  describe("at the source", () => {
    for (const [way, resumeFrom] of [
      ["a stream", MIB],
      ["one piece", 100 * MIB],
    ] as const)
      it(`reads on from where it was, and the target (${way}) notices nothing`, async () => {
        source.script("GET", named, cutAfter(source, 7 * MIB));
        source.script("GET", named, cutAfter(source, 5 * MIB));
        const { blobs } = await copy({ resumeFrom });
        assert.deepEqual([blobs.copied, blobs.bytesResumed, isRight()], [2, 0, true]);
        assert.deepEqual(ranges(), [undefined, `bytes=${7 * MIB}-`, `bytes=${12 * MIB}-`]);
        assert.equal(posts(), 1);
        assert.equal(
          target.requests(resumeFrom === MIB ? "PATCH" : "PUT", /uploads/).length,
          resumeFrom === MIB ? 1 : 2,
        );
      });

    it("skips what it has where the registry knows no ranges", async () => {
      source.script("GET", named, cutAfter(source, 7 * MIB));
      source.script("GET", named, (_r, response) => void response.end(layer));
      await copy();
      assert.equal(isRight(), true);
    });

    it("is refused where the part that comes is another one", async () => {
      source.script("GET", named, cutAfter(source, 7 * MIB));
      source.script("GET", named, (_r, response) => {
        response.writeHead(206, { "content-range": `bytes ${8 * MIB}-${layer.length - 1}/${layer.length}` });
        response.end(layer.subarray(8 * MIB));
      });
      const { message } = await failure(copy());
      assert.match(message, /got a part \("bytes 8388608-.*"\) where bytes from 7340032 on were asked for/);
    });

    it("is refused where the rest is of something else, and nothing of it stays anywhere", async () => {
      source.script("GET", named, cutAfter(source, 7 * MIB));
      source.script("GET", named, (_r, response) => void response.end(Buffer.alloc(layer.length)));
      assert.match((await failure(copy())).message, /expected blob sha256:.*got content with digest/);
      assert.deepEqual([target.blobs.has(digest), notes(), target.uploads.size], [false, [], 0]);
      assert.equal(target.tagged("blog", "1.0"), undefined);
    });

    it("keeps what was sent for the next run where it does not come back", async () => {
      source.script("GET", named, cutAfter(source, 7 * MIB));
      source.script("GET", named, status(404));
      assert.match((await failure(copy())).message, /404/);
      assert.equal(notes().length, 1);
      source.seen.length = 0;
      const { blobs } = await copy();
      assert.ok(blobs.bytesResumed > 6 * MIB && blobs.bytesResumed <= 7 * MIB, `${blobs.bytesResumed}`);
      assert.deepEqual([ranges(), isRight(), notes()], [[`bytes=${blobs.bytesResumed}-`], true, []]);
    });
  });

  describe("at the target", () => {
    it("goes on where the registry says that it is, with everything hashed", async () => {
      target.script("PATCH", /uploads/, breakAfter(target, 9 * MIB), { early: true });
      const { blobs } = await copy();
      assert.deepEqual([blobs.copied, isRight(), posts()], [2, true, 1]);
      const size = layer.length;
      assert.deepEqual(patches(), [undefined, `${9 * MIB}-${size - 1}`]);
      // From the last state of the hash before that place.
      const from = Number(/^bytes=(\d+)-$/.exec(ranges()[1] ?? "")?.[1]);
      assert.ok(from >= 8 * MIB && from < 9 * MIB, `${from}`);
      assert.deepEqual(notes(), []);
    });

    it("is found out where the source sends something else the second time", async () => {
      target.script("PATCH", /uploads/, breakAfter(target, 9 * MIB), { early: true });
      source.script("GET", named, (request, response) => source.route(request, response));
      source.script("GET", named, (_r, response) => {
        response.writeHead(206, { "content-range": `bytes ${8 * MIB}-${layer.length - 1}/${layer.length}` });
        response.end(Buffer.alloc(layer.length - 8 * MIB));
      });
      assert.match((await failure(copy())).message, /got content with digest/);
      assert.equal(target.blobs.has(digest), false);
    });

    it("starts anew, silently, where the registry knows nothing of the upload", async () => {
      target.script("PATCH", /uploads/, breakAfter(target, 9 * MIB), { early: true });
      target.script("GET", /uploads/, (_r, response) =>
        fail(response, 404, "BLOB_UPLOAD_UNKNOWN", "unknown"),
      );
      await copy();
      assert.deepEqual([isRight(), posts()], [true, 2]);
    });

    it("starts anew where the registry did not get what it says", async () => {
      target.script("PATCH", /uploads/, breakAfter(target, 9 * MIB), { early: true });
      target.script("GET", /uploads/, (request, response) => {
        for (const [id, bytes] of target.uploads) target.uploads.set(id, Buffer.alloc(bytes.length));
        target.route(request, response);
      });
      const { blobs } = await copy();
      assert.deepEqual([blobs.copied, isRight(), posts()], [2, true, 2]);
    });

    it("starts anew where the registry says that it has more than there is", async () => {
      target.script("PATCH", /uploads/, breakAfter(target, 9 * MIB), { early: true });
      target.script("GET", /uploads/, status(204, { range: "0-99999999" }));
      await copy();
      assert.deepEqual([isRight(), posts()], [true, 2]);
    });

    it("gets over several breaks", async () => {
      for (const count of [9 * MIB, 3 * MIB, MIB])
        target.script("PATCH", /uploads/, breakAfter(target, count), { early: true });
      await copy();
      assert.deepEqual([isRight(), posts(), patches().length], [true, 1, 4]);
    });

    for (const code of [411, 405])
      it(`goes in one piece where a stream is refused with ${code}`, async () => {
        target.script("PATCH", /uploads/, status(code), { times: 9 });
        await copy();
        assert.equal(isRight(), true);
        assert.deepEqual(notes(), []);
      });

    it("does not go on with what has no room there, and keeps nothing of it", async () => {
      target.script("PATCH", /uploads/, (_r, response) => fail(response, 507, "UNKNOWN", "no space left"), {
        times: 9,
      });
      assert.match((await failure(copy())).message, /507 UNKNOWN: no space left\. .*free disk space/);
      assert.deepEqual([notes(), target.uploads.size], [[], 0]);
      assert.equal(target.requests("PATCH", /uploads/).length, 1);
    });
  });

  describe("by an abort or the end of its process", () => {
    /** Aborts when the target has some of the layer; what it has then is left in good order. */
    async function interrupted(more: Partial<WrittenCopy> = {}): Promise<number> {
      const stop = new AbortController();
      source.script("GET", named, (_r, response) => {
        response.writeHead(200, { "content-length": layer.length }).write(layer.subarray(0, 11 * MIB));
      });
      // What has been sent by then gets there: an abort leaves a moment for that.
      const onProgress = ({ bytesDone }: { bytesDone: number }) => {
        if (bytesDone >= 9 * MIB) stop.abort(new Error("the job was cancelled"));
      };
      const error = await failure(copy({ signal: stop.signal, onProgress, ...more }));
      assert.equal(error.message, "the job was cancelled");
      assert.deepEqual([target.blobs.has(digest), target.tagged("blog", "1.0")], [false, undefined]);
      source.seen.length = 0;
      return [...target.uploads.values()].at(-1)?.length ?? 0;
    }

    it("is gone on with by the next run", async () => {
      const there = await interrupted();
      assert.ok(there > 4 * MIB, `${there} bytes`);
      const { blobs } = await copy();
      assert.deepEqual([blobs.bytesResumed, blobs.copied, isRight(), posts()], [there, 1, true, 1]);
      assert.deepEqual([ranges(), notes()], [[`bytes=${there}-`], []]);
    });

    it("leaves a note that only its user can read", async () => {
      await interrupted();
      const [note] = notes();
      const path = join(folder, "uploads", note!);
      assert.deepEqual(
        [statSync(join(folder, "uploads")).mode & 0o777, statSync(path).mode & 0o777],
        [0o700, 0o600],
      );
      const entry = JSON.parse(readFileSync(path, "utf8"));
      assert.deepEqual([entry.digest, entry.repository, entry.owner], [digest, "blog", undefined]);
    });

    it("starts anew where the next run finds the upload gone", async () => {
      await interrupted();
      target.uploads.clear();
      const { blobs } = await copy();
      assert.deepEqual([blobs.bytesResumed, isRight(), notes()], [0, true, []]);
    });

    it("starts anew where the registry refuses the whole (the beginning was of something else)", async () => {
      const there = await interrupted();
      for (const id of target.uploads.keys()) target.uploads.set(id, Buffer.alloc(there));
      const { blobs } = await copy();
      assert.deepEqual([blobs.bytesResumed, isRight(), notes()], [0, true, []]);
    });

    it("starts anew without a note, with one of another target, and with one that makes no sense", async () => {
      await interrupted({ journal: false });
      assert.equal((await copy({ target: `${target.host}/other:1.0` })).blobs.bytesResumed, 0);
      target.blobs.delete(digest);
      await interrupted();
      for (const note of notes()) writeFileSync(join(folder, "uploads", note), "{");
      target.manifests.clear();
      assert.equal((await copy()).blobs.bytesResumed, 0);
      assert.equal(isRight(), true);
    });

    it("does not depend on its notes: a folder that can't be made changes nothing", async () => {
      writeFileSync(join(folder, "uploads"), "a file");
      await copy();
      assert.equal(isRight(), true);
    });

    it("ends after a few seconds where the target hangs", async function () {
      this.timeout(30_000);
      target.script("PATCH", /uploads/, () => undefined, { early: true });
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("the job was cancelled")), 200);
      assert.equal((await failure(copy({ signal: stop.signal }))).message, "the job was cancelled");
    });
  });

  it("leaves no note of small blobs, and puts none in errors", async () => {
    target.script("PATCH", /uploads/, (_r, response) => fail(response, 403, "DENIED", "no"));
    const error = await failure(copy());
    assert.ok(error instanceof RegistryError);
    assert.ok(!error.message.includes("s3cret"), error.message);
    mkdirSync(join(folder, "empty"));
    await copy({ resumeFrom: 100 * MIB, journal: join(folder, "empty") });
    assert.deepEqual(readdirSync(join(folder, "empty")), []);
    assert.equal(target.requests("PATCH", /uploads/).length, 1);
  });

  it("copies twice at once without taking the other one's upload", async () => {
    const results = await Promise.all([copy(), copy(), copy()]);
    assert.deepEqual(
      results.map(({ blobs }) => blobs.bytesResumed),
      [0, 0, 0],
    );
    assert.deepEqual([isRight(), notes()], [true, []]);
  });
});
