import assert from "node:assert/strict";
import { type AppPast, judgeTag, retention } from "../../../../automation/cleanup/retention";
import type { Deployment } from "../../../../automation/releases/deployments";

const digest = (name: string) => `sha256:${name.padEnd(64, "0")}`;
const day = (number: number) => `2026-01-${String(number).padStart(2, "0")}T00:00:00Z`;

/** Deployed on the first days of January, one a day, the oldest first. */
function past(tags: string[], more: Partial<AppPast> = {}): AppPast {
  const deployments: Deployment[] = tags.map((tag, index) => {
    const failed = tag.startsWith("bad");
    const known = { app: "blog", tag, digest: digest(tag), when: day(index + 1) };
    return { ...known, result: failed ? "failed" : "succeeded" };
  });
  const newest = [...deployments].reverse();
  const way = newest.filter(({ result }) => result === "succeeded").map(({ tag }) => tag);
  return { stack: "dev", app: "blog", deployments: newest, way, running: [digest(way[0]!)], ...more };
}

const rule = { keep: 2, before: new Date(day(20)) };

/** `remove`, or why it stays. */
function judged(pasts: AppPast[], tag: string, at = digest(tag), over: Partial<typeof rule> = {}): string {
  const asked = { ...rule, ...over };
  const { remove, why } = judgeTag(tag, at, retention(pasts, "blog", asked), asked);
  return remove ? "remove" : why!;
}

describe("what a cleanup leaves", () => {
  const dev = past(["a", "b", "bad1", "c", "d"]);

  it("is what runs, and the releases that a rollback may reach", () => {
    assert.deepEqual(
      ["a", "b", "bad1", "c", "d"].map((tag) => judged([dev], tag)),
      ["remove", "remove", "remove", "dev can go back to it", "dev runs it"],
    );
  });

  it("is what another stack runs or can go back to, whatever its own app's tags are", () => {
    const prod = past(["b", "a"], { stack: "prod", running: [digest("a")] });
    assert.equal(judged([dev, prod], "a"), "prod runs it");
    assert.equal(judged([dev, prod], "b"), "prod can go back to it");
    const shop = past(["x"], { app: "shop", running: [digest("b")] });
    assert.equal(judged([dev, shop], "b"), "dev runs it", "a digest is a digest");
  });

  it("is another tag of a digest that is kept", () => {
    assert.equal(judged([dev], "a", digest("d")), "dev runs it");
    assert.equal(judged([dev], "a", digest("c")), "dev can go back to it");
  });

  it("is a release whose digest nobody knows, by its tag, and one that points elsewhere by now", () => {
    const blind = { ...dev, deployments: dev.deployments.map(({ digest: _, ...one }) => one) };
    assert.equal(judged([blind], "c"), "dev can go back to it");
    assert.equal(judged([dev], "c", digest("moved")), "dev can go back to it");
  });

  it("is what was deployed lately, or nobody knows when", () => {
    assert.equal(judged([dev], "b", digest("b"), { before: new Date(day(2)) }), "it was deployed lately");
    assert.equal(judged([dev], "a", digest("a"), { before: new Date(day(2)) }), "remove");
    const [newest, ...others] = dev.deployments;
    const { when: _, ...byHand } = others.at(-1)!;
    const unsure = { ...dev, deployments: [newest!, ...others.slice(0, -1), byHand] };
    assert.equal(judged([unsure], "a"), "it isn't known when it was deployed");
    const lately = past(["e", "f", "a"], { stack: "prod", running: [] });
    assert.equal(
      judged([dev, { ...lately, way: [] }], "a", digest("a"), { keep: 0, before: new Date(day(2)) }),
      "it was deployed lately",
      "the latest deployment of any stack counts",
    );
  });

  it("knows no tag that nobody deployed", () => {
    assert.equal(retention([dev], "blog", rule).last.has("mine"), false);
  });
});
