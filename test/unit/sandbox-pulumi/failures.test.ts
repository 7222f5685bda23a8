import assert from "node:assert/strict";
import fc from "fast-check";
import { resetWorld, world } from "./fake-provider";
import { type Program, TestStack, Thing } from "./test-stack";
import { assertValid } from "./valid-snapshot";

describe("a run of the sandbox's Pulumi engine that fails", () => {
  let stack: TestStack;

  beforeEach(async () => {
    resetWorld();
    stack = await TestStack.create();
  });

  afterEach(() => stack.remove());

  it("keeps what was done, lets running steps finish, and begins no other", async () => {
    world.judge = (operation, name) =>
      operation === "create" && name === "bad" ? "out of paper" : undefined;
    const run = await stack.up(async () => {
      new Thing("slow", { name: "slow", delay: 60 });
      const bad = new Thing("bad", { name: "bad", delay: 20 });
      new Thing("after", { name: "after", value: bad.id });
      return undefined;
    });
    assert.equal(run.failed, true);
    assert.match(run.messages, /error: out of paper/);
    assert.match(run.messages, /error: update failed/);
    assert.deepEqual(stack.names(), ["test-dev", "default", "slow"]);
    assert.deepEqual(world.log, ["create slow"]);
    assert.equal(stack.checkpoint().checkpoint.latest?.pending_operations, undefined);
  });

  it("deletes nothing after an error", async () => {
    await stack.up(async () => ({ it: new Thing("old", { name: "old" }).id }));
    world.judge = (operation) => (operation === "create" ? "out of paper" : undefined);
    await stack.up(async () => ({ it: new Thing("new", { name: "new" }).id }));
    assert.deepEqual(stack.names(), ["test-dev", "default", "old"]);
    assert.equal(world.objects.size, 1);
  });

  it("keeps the last outputs of the stack", async () => {
    await stack.up(async () => ({ it: "was", other: 1 }));
    world.judge = () => "no";
    await stack.up(async () => ({ it: new Thing("a").id }));
    assert.deepEqual(stack.resource("test-dev").outputs, { it: "was", other: 1 });
  });

  it("keeps both where a replacement doesn't come up, and deletes the failed one with the next run", async () => {
    const program =
      (key: number, broken: boolean): Program =>
      async () => ({ it: new Thing("a", { name: `a${key}`, key, broken }).id });
    await stack.up(program(1, false));
    const failed = await stack.up(program(2, true));
    assert.equal(failed.failed, true);
    assert.match(failed.messages, /it did not come up/);
    assert.deepEqual(stack.names(), ["test-dev", "default", "a", "a(delete)"]);
    assert.deepEqual(stack.resource("a").initErrors, ["it did not come up"]);
    assertValid(stack.resources);
    world.log.length = 0;
    const recovered = await stack.up(program(3, false));
    assert.equal(recovered.failed, false, recovered.messages);
    assert.deepEqual(world.log.slice(0, 1), ["create a3"]);
    assert.deepEqual(world.log.slice(1).sort(), ["delete a1", "delete a2"]);
    assert.deepEqual(stack.names(), ["test-dev", "default", "a"]);
  });

  it("updates what did not come up even where nothing has changed", async () => {
    const program: Program = async () => ({ it: new Thing("a", { name: "a", broken: true }).id });
    await stack.up(program);
    const run = await stack.up(program);
    assert.deepEqual(run.changes, { same: 1, update: 1 }, run.messages);
    assert.equal(stack.resource("a").initErrors, undefined);
  });

  it("makes the replacement of what was deleted first, even after failing in between", async () => {
    const program =
      (first: number): Program =>
      async () => {
        const a = new Thing("a", { name: "a", first });
        new Thing("b", { name: "b", first: a.id });
        return undefined;
      };
    await stack.up(program(1));
    world.judge = (operation) => (operation === "create" ? "out of paper" : undefined);
    const failed = await stack.up(program(2));
    assert.equal(failed.failed, true);
    assert.equal(world.objects.size, 0);
    assert.equal(stack.resource("a").pendingReplacement, true);
    assertValid(stack.resources);
    world.judge = () => undefined;
    const run = await stack.up(program(2));
    assert.equal(run.failed, false, run.messages);
    assert.equal(world.objects.size, 2);
    assert.deepEqual(stack.names(), ["test-dev", "default", "a", "b"]);
  });

  it("stops in good order when it is interrupted", async () => {
    const program: Program = async () => {
      const a = new Thing("a", { name: "a", delay: 40 });
      return { b: new Thing("b", { name: "b", value: a.id }).id };
    };
    const run = await stack.up(program, {
      onEvent: (event, interrupt) => {
        if (event.kind === "resource-pre" && event.step.urn.endsWith("::a")) interrupt();
      },
    });
    assert.equal(run.cancelled, true);
    assert.deepEqual(world.log, ["create a"]);
    assert.deepEqual(stack.names(), ["test-dev", "default", "a"]);
    assert.match(run.messages, /update canceled/);
  });

  it("always leaves a valid snapshot that knows everything that exists", async function () {
    this.timeout(600_000);
    const shape = fc.record({
      // Which earlier resources a resource depends on, how it changes, and which operation fails.
      links: fc.array(fc.array(fc.nat(4), { maxLength: 2 }), { minLength: 1, maxLength: 5 }),
      rounds: fc.array(
        fc.record({
          present: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
          change: fc.array(fc.constantFrom("none", "value", "key", "first"), { minLength: 5, maxLength: 5 }),
          fails: fc.array(fc.constantFrom("", "", "", "create", "update", "delete"), {
            minLength: 5,
            maxLength: 5,
          }),
        }),
        { minLength: 2, maxLength: 4 },
      ),
      parallel: fc.constantFrom(1, 8),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ links, rounds, parallel }) => {
        resetWorld();
        const trial = await TestStack.create();
        try {
          for (const [round, { present, change, fails }] of rounds.entries()) {
            world.judge = (operation, name) =>
              fails[Number(name.split("-")[1])] === operation ? "bad luck" : undefined;
            await trial.up(chain(links, present, change, round), { parallel });
            assertValid(trial.resources);
            assertComplete(trial);
          }
          world.judge = () => undefined;
          await trial.run("destroy");
          assert.deepEqual(trial.names(), []);
          assert.equal(world.objects.size, 0);
        } finally {
          trial.remove();
        }
      }),
      { numRuns: 12 },
    );
  });
});

function chain(links: number[][], present: boolean[], change: string[], round: number): Program {
  return async () => {
    const made: (Thing | undefined)[] = [];
    for (const [index, on] of links.entries()) {
      if (!present[index]) {
        made.push(undefined);
        continue;
      }
      const parents = on
        .map((other) => made[other % Math.max(index, 1)])
        .filter((thing) => thing !== undefined);
      const kind = change[index]!;
      made.push(
        new Thing(`thing-${index}`, {
          name: `thing-${index}-${kind === "none" ? 0 : round}`,
          first: parents[0]?.id,
          value: [kind === "value" ? round : 0, parents[1]?.computed],
          key: kind === "key" ? round : 0,
          ...(kind === "first" ? { first: `${round}` } : {}),
        }),
      );
    }
    return undefined;
  };
}

/** Nothing exists that the state does not know: this is what a destroy can rely on. */
function assertComplete(stack: TestStack): void {
  const known = new Set(
    stack.resources.filter(({ pendingReplacement }) => !pendingReplacement).map(({ id }) => id),
  );
  for (const id of world.objects.keys())
    assert.ok(known.has(id), `${id} exists, but the state does not know it`);
}
