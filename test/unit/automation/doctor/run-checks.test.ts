import assert from "node:assert/strict";
import { type Finding, fail, ok, warn } from "../../../../automation/doctor/finding";
import { findingsText } from "../../../../automation/doctor/findings-text";
import { type Check, runChecks } from "../../../../automation/doctor/run-checks";
import { knownSecrets } from "../../../../automation/terminal/known-secrets";

const check = (name: string, found: Finding | Finding[], more: Partial<Check> = {}): Check => ({
  name,
  run: async () => found,
  ...more,
});

describe("checks", () => {
  it("give their findings in their own order, however long each takes", async () => {
    const order: string[] = [];
    let release = () => {};
    const second = new Promise<void>((resolve) => {
      release = resolve;
    });
    const found = await runChecks([
      { name: "a", run: () => second.then(() => order.push("a")).then(() => ok("a", "1")) },
      {
        name: "b",
        run: async () => {
          order.push("b");
          release();
          return [ok("b", "2"), ok("b: more", "3")];
        },
      },
    ]);
    assert.deepEqual(order, ["b", "a"], "both run at once");
    assert.deepEqual(
      found.map(({ what, text }) => `${what} ${text}`),
      ["a 1", "b 2", "b: more 3"],
    );
  });

  it("aren't run where what they need has failed, and name what failed first", async () => {
    const never: Check["run"] = () => assert.fail("it was run");
    const found = await runChecks([
      check("host", fail("host", "down", "start it")),
      { name: "disk", needs: ["host"], run: never },
      { name: "content", needs: ["disk"], run: never },
      check("clock", ok("clock", "right"), { needs: ["not in the list"] }),
    ]);
    assert.deepEqual(found, [
      fail("host", "down", "start it"),
      warn("disk", 'not looked at: "host" has to be right first'),
      warn("content", 'not looked at: "host" has to be right first'),
      ok("clock", "right"),
    ]);
  });

  it("are run where what they need is only worth a word", async () => {
    const found = await runChecks([
      check("host", warn("host", "old")),
      check("disk", ok("disk", "free"), { needs: ["host"] }),
    ]);
    assert.deepEqual(found.at(-1), ok("disk", "free"));
  });

  it("have a time limit each, and are told to stop at its end", async () => {
    let signal: AbortSignal | undefined;
    const run = (given: AbortSignal) => {
      signal = given;
      return new Promise<Finding>(() => {});
    };
    const [late, other] = await runChecks([
      { name: "hangs", limit: 20, run },
      check("other", ok("other", "there")),
    ]);
    assert.deepEqual(
      late,
      fail("hangs", "no answer within 0.02 s", "Is what it asks up, and reachable from here?"),
    );
    assert.equal(other!.state, "ok");
    assert.equal(signal!.aborted, true);
  });

  it("that throw have failed, by what the error says", async () => {
    const run = () => Promise.reject(new Error("ECONNREFUSED"));
    assert.deepEqual(await runChecks([{ name: "x", run }]), [fail("x", "ECONNREFUSED")]);
  });

  it("tell no secret, in text or advice", async () => {
    knownSecrets.keepSent("swordfish-of-doctor");
    const [found] = await runChecks([
      check("x", fail("x", "swordfish-of-doctor is wrong", "not swordfish-of-doctor")),
    ]);
    assert.doesNotMatch(JSON.stringify(found), /swordfish/);
  });
});

describe("findings as text", () => {
  it("are aligned, with what to do below each, and counted", () => {
    const text = findingsText([
      ok("Node", "22.1.0"),
      fail("Pulumi CLI", "none\nat all", "install it"),
      warn("lock", "held"),
    ]);
    assert.equal(
      text,
      [
        "ok    Node        22.1.0",
        "fail  Pulumi CLI  none",
        "                  at all",
        "                  → install it",
        "warn  lock        held",
        "",
        "1 fail, 1 warn, 1 ok",
      ].join("\n"),
    );
  });
});
