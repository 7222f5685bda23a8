import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CopyResult } from "../../../components/registry/copy/copy-args";
import { resolveDigest } from "../../../components/registry/resolve";
import { copyWritten, type WrittenCopy } from "../../support/registry/copy-between";
import { CuttingProxy } from "../../support/registry/cutting-proxy";
import { DebianRegistry, missingRegistry } from "../../support/registry/debian-registry";
import { NoRedeployFront } from "../../support/registry/no-redeploy-front";
import { ScriptedRegistry, sha256 } from "../../support/registry/scripted-registry";

const MIB = 1024 * 1024;

describe(`Copies to Debian's docker-registry when things go wrong${missingRegistry ? ` (skipped: ${missingRegistry})` : ""}`, () => {
  let source: ScriptedRegistry;
  let first: DebianRegistry;
  let second: DebianRegistry;
  let folder: string;
  const children: ChildProcess[] = [];

  const copy = (from: string, to: string, more: Partial<WrittenCopy> = {}) =>
    copyWritten({ source: from, target: to, retryDelay: 20, resumeFrom: MIB, journal: false, ...more });

  /** Reads everything that an image has at a registry, and compares hashes. */
  async function isWhole(host: string, repository: string, layers: Buffer[]): Promise<boolean> {
    for (const layer of layers) {
      const answer = await fetch(`http://${host}/v2/${repository}/blobs/${sha256(layer)}`);
      const hash = createHash("sha256").update(Buffer.from(await answer.arrayBuffer()));
      if (!answer.ok || `sha256:${hash.digest("hex")}` !== sha256(layer)) return false;
    }
    return true;
  }

  /** A copy in its own process, told to end by `signal` when the target has `bytes`. */
  function inProcess(from: string, to: string, end?: { signal: NodeJS.Signals; bytes: number }) {
    const child = fork(require.resolve("../../support/registry/copy-process.ts"), [from, to], {
      execArgv: ["--require", "tsx/cjs"],
      env: { ...process.env, XDG_STATE_HOME: folder },
      silent: true,
    });
    children.push(child);
    let [out, errors] = ["", ""];
    child.stdout?.on("data", (text) => {
      out += text;
    });
    child.stderr?.on("data", (text) => {
      errors += text;
    });
    child.on("message", (done) => {
      // What was read needs a moment to be sent on.
      if (end && Number(done) >= end.bytes) setTimeout(() => child.kill(end.signal), 300);
    });
    return new Promise<{ result?: CopyResult & { peak: number }; errors: string }>((resolve) =>
      child.once("close", () => resolve({ ...(out && { result: JSON.parse(out) }), errors })),
    );
  }

  before(async function () {
    if (missingRegistry) return this.skip();
    folder = mkdtempSync(join(tmpdir(), "berth-copy-"));
    source = await new ScriptedRegistry().start();
    [first, second] = await Promise.all([new DebianRegistry().start(), new DebianRegistry().start()]);
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all([source?.stop(), first?.stop(), second?.stop()]);
    if (folder) rmSync(folder, { recursive: true });
  });

  describe("a process that ends in the middle of a layer", () => {
    const layer = randomBytes(60 * MIB);
    const stall = (count: number) =>
      source.script("GET", new RegExp(`blobs/${sha256(layer)}`), (_r, response) => {
        response.writeHead(200, { "content-length": layer.length }).write(layer.subarray(0, count));
      });

    it("leaves its upload so that the next one goes on with it (SIGTERM)", async () => {
      const digest = source.addImage("team/stopped", [layer], { tag: "1" });
      stall(40 * MIB);
      const [from, to] = [`${source.host}/team/stopped:1`, `${first.host}/stopped:1`];
      const ended = await inProcess(from, to, { signal: "SIGTERM", bytes: 40 * MIB });
      assert.equal(ended.errors, "told to stop");
      await assert.rejects(resolveDigest(to), /there is no image/);
      source.seen.length = 0;
      const { result, errors } = await inProcess(from, to);
      assert.equal(result?.digest, digest, errors);
      const resumed = result?.blobs.bytesResumed ?? 0;
      assert.ok(resumed >= 39 * MIB && resumed <= 40 * MIB, `${resumed} bytes`);
      const [asked] = source.requests("GET", new RegExp(sha256(layer)));
      assert.equal(asked?.headers.range, `bytes=${resumed}-`);
      assert.ok(await isWhole(first.host, "stopped", [layer]));
    });

    it("does no harm to the next one (SIGKILL: this registry then loses count of an upload)", async () => {
      const digest = source.addImage("team/killed", [layer], { tag: "1" });
      stall(20 * MIB);
      const [from, to] = [`${source.host}/team/killed:1`, `${second.host}/killed:1`];
      const ended = await inProcess(from, to, { signal: "SIGKILL", bytes: 20 * MIB });
      assert.equal(ended.result, undefined);
      const { result, errors } = await inProcess(from, to);
      assert.equal(result?.digest, digest, errors);
      assert.ok(await isWhole(second.host, "killed", [layer]));
    });
  });

  it("stays below 150 MB of memory with an image of 400 MB", async function () {
    this.timeout(600_000);
    const layers = [150, 100, 100, 50].map((size) => randomBytes(size * MIB));
    source.addImage("team/large", layers, { tag: "1" });
    const { result, errors } = await inProcess(`${source.host}/team/large:1`, `${first.host}/large:1`);
    assert.equal(result?.blobs.copied, 5, errors);
    assert.ok(result.peak < 150, `${result.peak} MB`);
    for (const layer of layers) source.blobs.delete(sha256(layer));
  });

  it("gets over connections that break on both sides, with every byte right", async function () {
    this.timeout(600_000);
    const layers = [9, 7, 5, 3, 1].map((size) => randomBytes(size * MIB));
    const digest = source.addImage("team/cut", layers, { tag: "1" });
    await copy(`${source.host}/team/cut:1`, `${first.host}/cut:1`);
    const from = await new CuttingProxy(first.host, [MIB, 3 * MIB, 2 * MIB, 500, 4 * MIB, 10_000]).start();
    const to = await new CuttingProxy(second.host, [2 * MIB, MIB, 4 * MIB, 3000, 20_000]).start();
    try {
      const result = await copy(`${from.host}/cut:1`, `${to.host}/cut:1`);
      assert.equal(result.digest, digest);
      assert.ok(from.cuts >= 5 && to.cuts >= 4, `${from.cuts} and ${to.cuts} cuts`);
      assert.equal(await resolveDigest(`${second.host}/cut:1`), digest);
      assert.ok(await isWhole(second.host, "cut", layers));
    } finally {
      await Promise.all([from.stop(), to.stop()]);
    }
  });

  it("finds out that another job brought the same layers, where nothing may be sent twice", async () => {
    const layers = Array.from({ length: 12 }, () => randomBytes(300_000));
    const digest = source.addImage("team/once", layers, { tag: "1" });
    const front = await new NoRedeployFront(first.host).start();
    try {
      const one = () => copy(`${source.host}/team/once:1`, `${front.host}/once:1`);
      const results = await Promise.all([one(), one(), one()]);
      assert.deepEqual(
        results.map((result) => result.digest),
        [digest, digest, digest],
      );
      assert.ok(front.refused.length > 0, "the three did not meet");
      assert.ok(await isWhole(first.host, "once", layers));
      assert.equal((await one()).tag, "unchanged");
      source.addImage("team/once", [Buffer.from("another")], { tag: "1" });
      await assert.rejects(
        copy(`${source.host}/team/once:1`, `${front.host}/once:1`, { moveTag: true }),
        /Repository does not allow updating assets.*use a new tag/,
      );
    } finally {
      await front.stop();
    }
  });

  it("brings signatures and SBOMs along to a registry without the API, where they are listed by tag", async () => {
    const image = source.addImage("team/signed", [randomBytes(1000)], { tag: "1" });
    const subject = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: image,
      size: source.manifests.get(`team/signed@${image}`)!.bytes.length,
    };
    source.referrersApi = true;
    const sbom = source.addImage("team/signed", ["sbom"], { subject, artifactType: "application/spdx+json" });
    const signature = source.addImage("team/signed", ["signature"], {
      tag: `${image.replace(":", "-")}.sig`,
    });
    const { referrers } = await copy(`${source.host}/team/signed:1`, `${first.host}/signed:1`);
    assert.deepEqual(referrers, { total: 2, present: 0, copied: 2, missing: 0 });
    const onward = await copy(`${first.host}/signed:1`, `${second.host}/signed:1`);
    assert.deepEqual(onward.referrers, { total: 2, present: 0, copied: 2, missing: 0 });
    assert.equal(await resolveDigest(`${second.host}/signed:${image.replace(":", "-")}.sig`), signature);
    assert.equal(await resolveDigest(`${second.host}/signed@${sbom}`), sbom);
    assert.equal((await copy(`${first.host}/signed:1`, `${second.host}/signed:1`)).referrers.present, 2);
  });

  it("says that the target's disk is full, and sets no tag", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const small = new DebianRegistry();
    const data = join(dirname(small.file("note", "")), "data");
    mkdirSync(data);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "berth-test", data]);
    try {
      await small.start();
      source.addImage("team/full", [randomBytes(9 * MIB)], { tag: "1" });
      for (const resumeFrom of [MIB, 100 * MIB])
        await assert.rejects(
          copy(`${source.host}/team/full:1`, `${small.host}/full:1`, { resumeFrom }),
          /^RegistryError: (POST|PATCH|PUT) .* 500 .*free disk space/s,
        );
      await assert.rejects(resolveDigest(`${small.host}/full:1`), /there is no image/);
    } finally {
      execFileSync("umount", ["--lazy", data]);
      await small.stop();
    }
  });
});
