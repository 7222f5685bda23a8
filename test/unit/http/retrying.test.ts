import assert from "node:assert/strict";
import { HttpError, type HttpFacts } from "../../../components/http/http-error";
import { judgeStatus, type RetryPolicy, retryPolicies } from "../../../components/http/retry-policy";
import { retrying } from "../../../components/http/retrying";

const policy: RetryPolicy = { ...retryPolicies.registry, attempts: 4, firstPause: 1 };
const error = (facts: Partial<HttpFacts> = {}) =>
  new HttpError("no", { method: "GET", url: "http://a.test/", temporary: true, ...facts });

describe("Attempts", () => {
  /** How many are made where each fails with the next of these, and what comes in the end. */
  async function attempts(failures: Error[], more: Partial<RetryPolicy> = {}, repeatable = true) {
    let count = 0;
    const once = async () => {
      count++;
      const failure = failures.shift();
      if (failure) throw failure;
      return "done";
    };
    const end = await retrying({ ...policy, ...more }, once, { repeatable }).catch(
      (failure: Error) => failure,
    );
    return { count, end };
  }

  it("are made until one succeeds", async () => {
    assert.deepEqual(await attempts([error(), error()]), { count: 3, end: "done" });
  });

  it("end with the last failure when there have been enough", async () => {
    const failures = [1, 2, 3, 4, 5].map((number) => error({ said: String(number) }));
    const { count, end } = await attempts(failures);
    assert.deepEqual([count, (end as HttpError).said], [4, "4"]);
  });

  it("are not made again after what lasts, and what is no answer of a server's", async () => {
    for (const lasting of [error({ temporary: false }), new TypeError("a mistake")])
      assert.deepEqual(await attempts([lasting]), { count: 1, end: lasting });
  });

  it("are not made again where the first may have been carried out, unless twice does no harm", async () => {
    const maybe = error({ maybeDone: true });
    assert.deepEqual(await attempts([maybe], {}, false), { count: 1, end: maybe });
    assert.equal((await attempts([maybe], {}, true)).count, 2);
    assert.equal((await attempts([error({ maybeDone: false })], {}, false)).count, 2);
  });

  it("end when the next one would come after the patience, the policy's or the failure's own", async () => {
    const slow = { firstPause: 1000 };
    assert.equal((await attempts([error()], { ...slow, patience: 500 })).count, 1);
    assert.equal((await attempts([error({ patience: 500 })], slow)).count, 1);
    assert.equal(
      (await attempts([error({ retryAfter: 3_600_000 })], { patience: 500, longestAsked: Infinity })).count,
      1,
    );
  });

  it("are not waited for longer than the policy would be asked to", async () => {
    assert.equal((await attempts([error({ retryAfter: 60_001 })])).count, 1);
    assert.equal((await attempts([error({ retryAfter: 1 })])).count, 2);
  });

  it("know their number, and when the first one began", async () => {
    const seen: number[][] = [];
    await retrying(
      policy,
      async ({ number, began }) => {
        seen.push([number, began]);
        if (number < 3) throw error();
      },
      { repeatable: true },
    );
    const [[, first]] = seen as [[number, number]];
    assert.deepEqual(
      seen,
      [1, 2, 3].map((number) => [number, first]),
    );
  });

  it("end with the signal's reason, also in a pause", async () => {
    const stop = new AbortController();
    const made = retrying({ ...policy, firstPause: 60_000 }, () => Promise.reject(error()), {
      repeatable: true,
      signal: stop.signal,
    });
    setImmediate(() => stop.abort(new Error("enough")));
    await assert.rejects(made, /^Error: enough$/);
  });
});

describe("A status", () => {
  /** As "temporary", "maybe done" where it may have been carried out all the same, or "lasting". */
  const judged = (which: RetryPolicy, status: number, method = "PUT") => {
    const { temporary, maybeDone } = judgeStatus(which, status, method);
    assert.ok(temporary || !maybeDone);
    return maybeDone ? "maybe done" : temporary ? "temporary" : "lasting";
  };
  const statuses = [400, 401, 403, 404, 408, 409, 429, 500, 501, 502, 503, 504, 507];

  it("of a registry is worth another attempt after a limit, a time-out or a gateway's trouble; 500 to a reader", () => {
    const { registry } = retryPolicies;
    const worth = statuses.filter((status) => judged(registry, status) !== "lasting");
    assert.deepEqual(worth, [408, 429, 502, 503, 504]);
    assert.notEqual(judged(registry, 500, "GET"), "lasting");
    assert.notEqual(judged(registry, 500, "HEAD"), "lasting");
  });

  it("of Nexus says by 429 and 503 that it has done nothing, by 502 and 504 nothing clear", () => {
    const of = (status: number) => judged(retryPolicies.nexus, status);
    assert.deepEqual([429, 503].map(of), ["temporary", "temporary"]);
    assert.deepEqual([502, 504].map(of), ["maybe done", "maybe done"]);
    assert.deepEqual([400, 408, 500, 507].map(of), ["lasting", "lasting", "lasting", "lasting"]);
  });

  it("of GitLab says by 429 that it has done nothing, from 500 on nothing clear", () => {
    const of = (status: number) => judged(retryPolicies.gitlab, status);
    assert.deepEqual(
      statuses.filter((status) => of(status) === "temporary"),
      [429],
    );
    assert.deepEqual(
      statuses.filter((status) => of(status) === "maybe done"),
      [500, 501, 502, 503, 504, 507],
    );
  });
});
