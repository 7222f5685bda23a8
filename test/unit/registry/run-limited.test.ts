import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { runLanes, runLimited, runTogether } from "../../../components/registry/copy/run-limited";

describe("runLimited", () => {
  it("keeps the order of results, and no more than its limit at once", async () => {
    let [now, most] = [0, 0];
    const results = await runLimited([5, 1, 4, 2, 3], 2, new AbortController(), async (n) => {
      most = Math.max(most, ++now);
      await sleep(n * 2);
      now--;
      return n * 10;
    });
    assert.deepEqual([results, most], [[50, 10, 40, 20, 30], 2]);
  });

  it("throws the first failure when all have ended, and begins nothing after it", async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    let ended = 0;
    const work = runLimited([1, 2, 3, 4, 5], 2, stop, async (n) => {
      begun.push(n);
      await sleep(n === 1 ? 5 : 20);
      ended++;
      if (n <= 2) throw new Error(`failure ${n}`);
    });
    await assert.rejects(work, /failure 1/);
    assert.deepEqual([begun, ended], [[1, 2], 2]);
    assert.match(String(stop.signal.reason), /failure 1/);
  });

  it("begins nothing once it is stopped from outside", async () => {
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await assert.rejects(
      runLimited([1], 1, stop, () => assert.fail("begun")),
      /^Error: enough$/,
    );
  });

  it("runs lanes side by side, so that a slow one holds up no other", async () => {
    const order: string[] = [];
    const lanes = [
      { items: ["slow"], limit: 1 },
      { items: ["a", "b", "c"], limit: 1 },
    ];
    const results = await runLanes(lanes, new AbortController(), async (name) => {
      await sleep(name === "slow" ? 60 : 2);
      order.push(name);
      return name.toUpperCase();
    });
    assert.deepEqual(order, ["a", "b", "c", "slow"]);
    assert.deepEqual(results, [["SLOW"], ["A", "B", "C"]]);
  });

  it("runs two things together, and waits for both where one fails", async () => {
    assert.deepEqual(
      await runTogether(
        new AbortController(),
        async () => 1,
        async () => "two",
      ),
      [1, "two"],
    );
    let ended = false;
    const failing = runTogether(
      new AbortController(),
      () => Promise.reject(new Error("no")),
      async () => {
        await sleep(10);
        ended = true;
      },
    );
    await assert.rejects(failing, /no/);
    assert.ok(ended);
  });
});
