import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { resetWorld, world } from "./fake-provider";
import { FakeRegion, type Program, TestStack, Thing } from "./test-stack";

describe("the sandbox's Pulumi engine", () => {
  let stack: TestStack;

  beforeEach(async () => {
    resetWorld();
    stack = await TestStack.create();
  });

  afterEach(() => stack.remove());

  const things =
    (build: () => Record<string, unknown> | undefined): Program =>
    async () =>
      build();

  it("creates what the program registers, with dependencies before dependents", async () => {
    const program = things(() => {
      const a = new Thing("a", { value: 1 });
      const b = new Thing("b", { value: a.computed });
      return { b: b.computed };
    });
    const run = await stack.up(program);
    assert.equal(run.failed, false, run.messages);
    assert.deepEqual(run.changes, { create: 3 });
    assert.deepEqual(stack.names(), ["test-dev", "default", "a", "b"]);
    assert.deepEqual(stack.resource("b").dependencies, [stack.resource("a").urn]);
    assert.equal(stack.resource("b").outputs?.["computed" as never], "1@none@none");
    assert.deepEqual(stack.resource("test-dev").outputs, { b: "1@none@none" });
  });

  it("finds nothing to do the second time, and keeps ids and automatic names", async () => {
    const program = things(() => ({ name: new Thing("a", { value: 1 }).name }));
    await stack.up(program);
    const before = stack.resources;
    const run = await stack.up(program);
    assert.deepEqual(run.changes, { same: 2 });
    assert.deepEqual(stack.resources, before);
  });

  it("updates in place", async () => {
    await stack.up(things(() => ({ it: new Thing("a", { value: 1 }).computed })));
    const { id } = stack.resource("a");
    const run = await stack.up(things(() => ({ it: new Thing("a", { value: 2 }).computed })));
    assert.deepEqual(run.changes, { same: 1, update: 1 });
    assert.equal(stack.resource("a").id, id);
    assert.deepEqual(stack.resource("test-dev").outputs, { it: "2@none" });
  });

  it("creates a replacement before it deletes the old one, at the very end", async () => {
    const program = (key: number) =>
      things(() => {
        const a = new Thing("a", { name: `a${key}`, key });
        new Thing("b", { name: "b", value: a.computed });
        new Thing("c", { name: "c", value: a.id });
        return undefined;
      });
    await stack.up(program(1));
    world.log.length = 0;
    const run = await stack.up(program(2));
    assert.deepEqual(run.changes, { replace: 1, same: 2, update: 1 });
    assert.deepEqual(world.log, ["create a2", "update c", "delete a1"]);
  });

  it("deletes before it replaces where the provider wants it, what depends on it first", async () => {
    const program = (first: number) =>
      things(() => {
        const a = new Thing("a", { name: "a", first });
        new Thing("b", { name: "b", first: a.id });
        new Thing("c", { name: "c", value: a.id });
        return undefined;
      });
    await stack.up(program(1));
    world.log.length = 0;
    const run = await stack.up(program(2));
    assert.equal(run.failed, false, run.messages);
    assert.deepEqual(run.changes, { replace: 2, same: 1, update: 1 });
    assert.deepEqual(world.log.slice(0, 3), ["delete b", "delete a", "create a"]);
    assert.deepEqual(world.log.slice(3).sort(), ["create b", "update c"]);
    assert.deepEqual(stack.names().sort(), ["a", "b", "c", "default", "test-dev"]);
  });

  it("lets deleteBeforeReplace: false win over the provider's wish, and true over its default", async () => {
    const program = (round: number) =>
      things(() => {
        new Thing("late", { name: `late${round}`, first: round }, { deleteBeforeReplace: false });
        new Thing("early", { name: `early${round}`, key: round }, { deleteBeforeReplace: true });
        return undefined;
      });
    await stack.up(program(1));
    world.log.length = 0;
    await stack.up(program(2));
    const order = (name: string) => world.log.filter((line) => line.includes(name));
    assert.deepEqual(order("late"), ["create late2", "delete late1"]);
    assert.deepEqual(order("early"), ["delete early1", "create early2"]);
  });

  it("deletes what the program no longer has, dependents first, children before their parent", async () => {
    await stack.up(
      things(() => {
        const group = new pulumi.ComponentResource("test:index:Group", "group");
        const a = new Thing("a", { name: "a" }, { parent: group });
        new Thing("b", { name: "b", value: a.id });
        new Thing("c", { name: "c" }, { dependsOn: [a] });
        return undefined;
      }),
    );
    world.log.length = 0;
    const run = await stack.up(things(() => undefined));
    assert.deepEqual(run.changes, { delete: 4, same: 1 });
    assert.deepEqual([...world.log.slice(0, 2)].sort(), ["delete b", "delete c"]);
    assert.equal(world.log[2], "delete a");
    assert.deepEqual(stack.names(), ["test-dev"]);
  });

  it("refuses to delete or replace what is protected, and goes on with the rest", async () => {
    await stack.up(
      things(() => {
        new Thing("kept", { name: "kept", key: 1 }, { protect: true });
        new Thing("free", { name: "free" });
        return undefined;
      }),
    );
    const replaced = await stack.up(
      things(() => ({ it: new Thing("kept", { name: "kept", key: 2 }, { protect: true }).id })),
    );
    assert.match(replaced.messages, /unable to replace resource .*kept/);
    const deleted = await stack.up(things(() => undefined));
    assert.equal(deleted.failed, true);
    assert.match(deleted.messages, /kept" cannot be deleted/);
    assert.deepEqual(
      [...world.objects.values()].map(({ name }) => name),
      ["kept"],
    );
  });

  it("forgets a retained resource without deleting it", async () => {
    await stack.up(things(() => ({ it: new Thing("a", { name: "a" }, { retainOnDelete: true }).id })));
    world.log.length = 0;
    const run = await stack.run("destroy");
    assert.equal(run.failed, false, run.messages);
    assert.deepEqual(world.log, []);
    assert.equal(world.objects.size, 1);
    assert.deepEqual(stack.names(), []);
  });

  it("ignores changes below the paths of ignoreChanges", async () => {
    const program = (round: number) =>
      things(() => {
        const args = { name: "a", value: { size: round, colour: "red" }, key: round };
        new Thing("a", args, { ignoreChanges: ["value.size", "key"] });
        return undefined;
      });
    await stack.up(program(1));
    assert.deepEqual((await stack.up(program(2))).changes, { same: 2 });
    assert.deepEqual(stack.resource("a").inputs?.["value" as never], { colour: "red", size: 1 });
  });

  it("replaces on changes below the paths of replaceOnChanges", async () => {
    const program = (round: number) =>
      things(() => {
        new Thing("a", { value: round }, { replaceOnChanges: ["value"] });
        return undefined;
      });
    await stack.up(program(1));
    assert.deepEqual((await stack.up(program(2))).changes, { replace: 1, same: 1 });
  });

  it("knows a resource by its alias", async () => {
    await stack.up(
      things(() => {
        const a = new Thing("old", { name: "a" });
        new Thing("child", { name: "c", value: a.id }, { parent: a });
        return undefined;
      }),
    );
    world.log.length = 0;
    const run = await stack.up(
      things(() => {
        const a = new Thing("new", { name: "a" }, { aliases: [{ name: "old" }] });
        new Thing("child", { name: "c", value: a.id }, { parent: a });
        return undefined;
      }),
    );
    assert.deepEqual(run.changes, { same: 3 }, run.messages);
    assert.deepEqual(world.log, []);
    assert.deepEqual(stack.names(), ["test-dev", "default", "new", "child"]);
  });

  it("uses an explicit provider, and a change of it updates it without replacing what it serves", async () => {
    const program = (region: string) =>
      things(() => {
        const provider = new FakeRegion("place", { region });
        return { it: new Thing("a", { value: 1 }, { provider }).computed };
      });
    await stack.up(program("north"));
    assert.deepEqual(stack.resource("test-dev").outputs, { it: "1@north" });
    const reference = stack.resource("a").provider;
    const run = await stack.up(program("south"));
    assert.deepEqual(run.changes, { same: 2, update: 1 });
    assert.equal(stack.resource("a").provider, reference);
    assert.equal(stack.resource("place").inputs?.["region" as never], "south");
  });

  it("names an unknown argument of a provider, and an unknown package", async () => {
    const wrong = await stack.up(
      things(() => ({ it: new FakeRegion("place", { region: "x", colour: "y" } as never).id })),
    );
    assert.match(wrong.messages, /place.*colour.*is not supported/);
    const missing = await stack.up(things(() => ({ it: new Absent().id })));
    assert.match(missing.messages, /package 'absent' is not available/);
  });

  it("runs as many steps side by side as it may, and no more", async () => {
    const program = (prefix: string) =>
      things(() => {
        for (let index = 0; index < 12; index++) new Thing(`${prefix}${index}`, { delay: 15 });
        return undefined;
      });
    await stack.up(program("a"), { parallel: 4 });
    assert.equal(world.most, 4);
    world.most = 0;
    await stack.run("destroy", undefined, { parallel: 1 });
    assert.equal(world.most, 1);
  });

  it("previews with unknowns, without touching the world or the state", async () => {
    const before = stack.text;
    const run = await stack.preview(
      things(() => {
        const a = new Thing("a", { value: 1 });
        const b = new Thing("b", { value: a.computed });
        return { known: a.name, unknown: b.computed };
      }),
    );
    assert.deepEqual(run.changes, { create: 3 }, run.messages);
    assert.deepEqual(world.log, []);
    assert.equal(stack.text, before);
    const planned = run.events.find(
      (event) => event.kind === "resource-pre" && event.step.urn.endsWith("::b"),
    );
    assert.ok(planned?.kind === "resource-pre");
    assert.equal(typeof planned.step.new?.inputs["value"], "symbol");
  });

  it("stops at a check that fails, with the provider's words", async () => {
    const run = await stack.up(things(() => ({ it: new Thing("a", { value: "invalid" }).id })));
    assert.equal(run.failed, true);
    assert.match(run.messages, /property value has a problem: must not be invalid/);
    assert.deepEqual(world.log, []);
  });

  it("tells two resources of one name and type apart from one", async () => {
    const run = await stack.up(things(() => ({ a: new Thing("a").id, b: new Thing("a").id })));
    assert.match(run.messages, /Duplicate resource URN/);
  });

  it("refuses the options that it can't honour, by name", async () => {
    const imported = await stack.up(things(() => ({ it: new Thing("a", {}, { import: "x" }).id })));
    assert.match(imported.messages, /the option 'import' is not supported/);
    const asset = await stack.up(
      things(() => ({ it: new Thing("a", { value: new pulumi.asset.StringAsset("x") }).id })),
    );
    assert.match(asset.messages, /assets and archives are not supported/);
  });

  it("answers invokes, and hands over what the provider says", async () => {
    const run = await stack.up(async () => pulumi.runtime.invoke("fake:index:ask", { question: "why" }));
    assert.equal(run.failed, false, run.messages);
    assert.deepEqual(stack.resource("test-dev").outputs, { answer: "fake:index:ask(why)" });
  });

  it("runs nothing of a program that throws, and deletes nothing after it", async () => {
    await stack.up(things(() => ({ it: new Thing("a").id })));
    const run = await stack.up(async () => {
      throw new Error("no good");
    });
    assert.equal(run.failed, true);
    assert.match(run.messages, /no good/);
    assert.equal(world.objects.size, 1);
    assert.ok(stack.resource("a"));
  });
});

class Absent extends pulumi.CustomResource {
  constructor() {
    super("absent:index:Thing", "a", {});
  }
}
