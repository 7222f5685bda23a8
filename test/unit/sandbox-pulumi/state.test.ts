import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { resetWorld, world } from "./fake-provider";
import { type Program, TestStack, Thing } from "./test-stack";

describe("what the sandbox's Pulumi engine keeps", () => {
  let stack: TestStack;

  beforeEach(async () => {
    resetWorld();
    stack = await TestStack.create();
  });

  afterEach(() => stack.remove());

  it("never writes a secret in plain text, wherever it comes from", async () => {
    const program: Program = async () => {
      const config = new pulumi.Config();
      const a = new Thing("a", {
        name: "a",
        hidden: pulumi.secret("hunter-two"),
        nested: { deep: config.requireSecret("pin") },
      });
      new Thing("b", { name: "b", list: [pulumi.secret("third-man"), "open"] });
      return { token: a.token };
    };
    stack.stack.config.set("test:pin", [], { secure: stack.secrets.encrypt("four-by-four") });
    const run = await stack.up(program);
    assert.equal(run.failed, false, run.messages);
    for (const secret of ["hunter-two", "four-by-four", "third-man", "token-of-a"]) {
      assert.ok(!stack.text.includes(secret), `${secret} is in the state`);
    }
    const inputs = stack.resource("a").inputs as { hidden: object; nested: { deep: object } };
    const SIGNATURE = "4dabf18193072939515e22adb298388d";
    for (const value of [inputs.hidden, inputs.nested.deep]) {
      assert.equal((value as Record<string, string>)[SIGNATURE], "1b47061264138c4ac30d75fd1eb44270");
    }
    const again = await stack.up(program);
    assert.deepEqual(again.changes, { same: 3 }, again.messages);
  });

  it("blanks secrets out of everything that is said", async () => {
    world.judge = () => "the server says: bad password hunter-two for admin";
    const run = await stack.up(async () => {
      pulumi.log.info("using hunter-two");
      return { it: new Thing("a", { value: pulumi.secret("hunter-two"), echo: "hunter-two" }).id };
    });
    assert.match(run.messages, /bad password \[secret\] for admin/);
    assert.ok(!run.messages.split("using")[0]!.includes("hunter-two"));
    assert.match(run.messages, /echo: \[secret\]/);
  });

  it("encrypts the additional secret outputs of a resource", async () => {
    await stack.up(async () => {
      new Thing("a", { name: "a", value: "visible" }, { additionalSecretOutputs: ["computed"] });
      return undefined;
    });
    assert.equal(typeof stack.resource("a").outputs?.["computed" as never], "object");
  });

  it("warns of what an interrupted run was doing, and keeps creations on record until they are cleared", async () => {
    await stack.up(async () => ({ it: new Thing("a", { name: "a" }).id }));
    const checkpoint = stack.checkpoint();
    const resource = { ...stack.resource("a"), urn: stack.resource("a").urn.replace("::a", "::b"), id: "" };
    checkpoint.checkpoint.latest!.pending_operations = [{ resource, type: "creating" }];
    stack.stack.backend.write(stack.stack.name, checkpoint);
    const program: Program = async () => ({ it: new Thing("a", { name: "a" }).id });
    const run = await stack.up(program);
    assert.match(run.messages, /warning: Attempting to deploy or update resources with 1 pending operations/);
    assert.match(run.messages, /::b, interrupted while creating/);
    assert.equal(stack.checkpoint().checkpoint.latest?.pending_operations?.length, 1);
    await stack.run("refresh", undefined, { clearPendingCreates: true });
    assert.equal(stack.checkpoint().checkpoint.latest?.pending_operations, undefined);
  });

  it("has what it is about to do on disk before it does it", async () => {
    let pending: string[] = [];
    world.judge = () => {
      pending = (stack.checkpoint().checkpoint.latest?.pending_operations ?? []).map(({ type }) => type);
      return undefined;
    };
    await stack.up(async () => ({ it: new Thing("a", { name: "a" }).id }));
    assert.deepEqual(pending, ["creating"]);
    assert.equal(stack.checkpoint().checkpoint.latest?.pending_operations, undefined);
  });

  it("takes over what a refresh finds, and forgets what is gone", async () => {
    const program: Program = async () => {
      const a = new Thing("a", { name: "a", value: 1 });
      const b = new Thing("b", { name: "b", value: 1 });
      return { c: new Thing("c", { name: "c", value: b.id }, { dependsOn: [a] }).id };
    };
    await stack.up(program);
    const objects = [...world.objects.entries()];
    const idOf = (name: string) => objects.find(([, object]) => object["name"] === name)![0];
    world.objects.set(idOf("b"), { ...world.objects.get(idOf("b"))!, value: 7 });
    world.objects.delete(idOf("a"));
    const run = await stack.run("refresh");
    assert.deepEqual(run.changes, { same: 2, update: 1, delete: 1 }, run.messages);
    const told = run.events.flatMap((event) => (event.kind === "resource-outputs" ? [event.step] : []));
    const { diffs, keys, detailedDiff } = told.find(({ op }) => op === "update")!;
    assert.deepEqual(
      { diffs, keys, detailedDiff },
      { diffs: ["value"], keys: [], detailedDiff: { value: { kind: "update", inputDiff: false } } },
    );
    assert.deepEqual(stack.names(), ["test-dev", "default", "b", "c"]);
    assert.equal(stack.resource("b").outputs?.["value" as never], 7);
    const again = await stack.up(program);
    assert.deepEqual(again.changes, { create: 1, same: 2, update: 1 }, again.messages);
  });

  it("refreshes before an update where it is asked to", async () => {
    const program: Program = async () => ({ it: new Thing("a", { name: "a", value: 1 }).id });
    await stack.up(program);
    world.objects.clear();
    const run = await stack.up(program, { refresh: true });
    assert.equal(run.changes.create, 1, run.messages);
    assert.equal(world.objects.size, 1);
  });

  it("reads a resource that it doesn't own, and never deletes it", async () => {
    world.objects.set("there", { name: "there", value: 5, computed: "5@elsewhere" });
    const read: Program = async () => ({ it: readThing("x", "there").computed });
    const run = await stack.up(read);
    assert.equal(run.failed, false, run.messages);
    assert.deepEqual(stack.resource("test-dev").outputs, { it: "5@elsewhere" });
    assert.equal(stack.resource("x").external, true);
    await stack.run("destroy");
    assert.equal(world.objects.has("there"), true);
    const missing = await stack.up(async () => ({ it: readThing("x", "absent").computed }));
    assert.match(missing.messages, /resource 'absent' does not exist/);
  });

  it("gives stack references the outputs of other stacks and its own last ones", async () => {
    const other = await TestStack.create("other", "prod", stack.directory);
    await other.up(async () => ({ open: "sesame", hidden: pulumi.secret("behind-glass") }));
    const program: Program = async () => {
      const prod = new pulumi.StackReference("organization/other/prod");
      const self = new pulumi.StackReference("organization/test/dev");
      return {
        open: prod.getOutput("open"),
        hidden: prod.getOutput("hidden"),
        before: self.getOutput("open"),
      };
    };
    const run = await stack.up(program);
    assert.equal(run.failed, false, run.messages);
    assert.ok(!stack.text.includes("behind-glass"));
    await stack.up(program);
    const outputs = stack.resource("test-dev").outputs as Record<string, unknown>;
    assert.equal(outputs["open"], "sesame");
    assert.equal(outputs["before"], "sesame");
    assert.equal(typeof outputs["hidden"], "object");
    const unknown = await stack.up(async () => ({
      it: new pulumi.StackReference("organization/no/where").outputs,
    }));
    assert.match(unknown.messages, /unknown stack "organization\/no\/where"/);
  });

  it("records timeouts, sources and everything else that later runs or other engines need", async () => {
    await stack.up(async () => {
      new Thing(
        "a",
        { name: "a" },
        { customTimeouts: { create: "1m30s" }, ignoreChanges: ["value"], protect: true },
      );
      return undefined;
    });
    const a = stack.resource("a");
    assert.deepEqual(a.customTimeouts, { create: 90 });
    assert.deepEqual(a.ignoreChanges, ["value"]);
    assert.equal(a.protect, true);
    assert.match(String(a.created), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/);
  });
});

function readThing(name: string, id: string): Thing {
  return new Thing(name, {}, { id });
}
