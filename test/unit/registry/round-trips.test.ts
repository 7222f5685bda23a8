import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyWritten } from "../../support/registry/copy-between";
import { gathered, ScriptedRegistry } from "../../support/registry/scripted-registry";

describe("The requests of a copy", () => {
  let source: ScriptedRegistry;
  let target: ScriptedRegistry;
  const LAYERS = 60;

  const copy = () =>
    copyWritten({
      source: `${source.host}/team/blog:1.0`,
      target: `${target.host}/blog:1.0`,
      journal: false,
    });
  const count = ({ seen }: ScriptedRegistry) => {
    const counts: Record<string, number> = {};
    for (const { method, path } of seen) {
      const kind = /referrers|sha256-/.test(path)
        ? "referrers"
        : /(manifests|blobs\/uploads|blobs)/.exec(path)?.[0];
      counts[`${method} ${kind}`] = (counts[`${method} ${kind}`] ?? 0) + 1;
    }
    return counts;
  };
  /** Holds the requests for blobs until so many are there: what goes at once is seen at any speed of the machine. */
  const gather = (registry: ScriptedRegistry, method: string, count: number) =>
    registry.script(method, /\/blobs\//, gathered(registry, count), { times: Number.POSITIVE_INFINITY });

  beforeEach(async () => {
    [source, target] = await Promise.all([new ScriptedRegistry().start(), new ScriptedRegistry().start()]);
    source.addImage(
      "team/blog",
      Array.from({ length: LAYERS }, () => randomBytes(2000)),
      { tag: "1.0" },
    );
  });
  afterEach(() => Promise.all([source.stop(), target.stop()]));

  it("are four for each blob that is missing, over at most sixteen connections", async () => {
    await copy();
    const blobs = LAYERS + 1;
    assert.deepEqual(count(source), {
      "GET manifests": 1,
      "GET blobs": blobs,
      "GET referrers": 1,
      "HEAD referrers": 4,
    });
    assert.deepEqual(count(target), {
      // The tag twice more when it is set; each blob before and after.
      "HEAD manifests": 4,
      "HEAD blobs": 2 * blobs,
      "POST blobs/uploads": blobs,
      "PUT blobs/uploads": blobs,
      "PUT manifests": 2,
      "GET manifests": 1,
    });
    assert.ok(target.connections <= 16 && source.connections <= 16, `${target.connections}`);
  });

  it("are one for each blob that is there, when there is nothing to do", async () => {
    await copy();
    source.seen.length = 0;
    target.seen.length = 0;
    await copy();
    assert.deepEqual(count(source), { "GET manifests": 1, "GET referrers": 1, "HEAD referrers": 4 });
    assert.deepEqual(count(target), { "HEAD manifests": 1, "HEAD blobs": LAYERS + 1 });
  });

  it("do not wait for each other: many small ones go at once", async () => {
    gather(source, "GET", 16);
    gather(target, "HEAD", 16);
    gather(target, "PUT", 16);
    await copy();
    assert.deepEqual([target.most["HEAD"], target.most["PUT"]], [16, 16]);
    assert.equal(source.most["GET"], 16);
  });

  it("of large blobs are four at once, besides the small ones", async () => {
    source.addImage(
      "team/blog",
      Array.from({ length: 8 }, () => randomBytes(1_100_000)),
      { tag: "1.0" },
    );
    gather(target, "PUT", 4);
    await copy();
    // The config is a small one, and may be there before them.
    assert.ok([4, 5].includes(target.most["PUT"] ?? 0), `${target.most["PUT"]}`);
  });
});
