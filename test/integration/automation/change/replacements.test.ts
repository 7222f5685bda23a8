import assert from "node:assert/strict";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { RandomPassword } from "@pulumi/random";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { ProgramSecrets } from "../../../../automation/change/secrets/program-secrets";
import { inWords, type Replaced, replacementsIn } from "../../../../automation/change/told-replacements";
import { secretsOf } from "../../../../automation/terminal/known-secrets";
import { type InlineProgram, InlineProject, type InlineStack } from "../../../support/stack/inline-stack";
import { whyNoPulumi } from "../../../support/stack/sandbox-pulumi";

const NAMES = { apps: [], servers: [] };

describe("why the real engine replaces something", function () {
  this.timeout(120_000);
  let project: InlineProject;
  let stack: InlineStack;

  before(async function () {
    const why = whyNoPulumi();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    project = new InlineProject("planted");
    stack = await project.stack("dev");
  });

  after(() => project?.remove());

  /** What the operation says that it replaces, by the engine's events and what the program sends. */
  async function heard(
    operation: (program: InlineProgram) => Promise<unknown>,
    program: InlineProgram,
  ): Promise<{ secrets: ProgramSecrets; events: EngineEvent[] }> {
    const secrets = new ProgramSecrets(secretsOf({}));
    const from = project.printed.length;
    await operation(secrets.watch(async () => void (await program())) as InlineProgram);
    const lines = project.printed.slice(from).split("\n");
    const events = lines.filter((line) => line.startsWith('{"')).map((line) => JSON.parse(line));
    return { secrets, events };
  }

  async function previewed(program: InlineProgram): Promise<Record<string, string | undefined>> {
    const { secrets, events } = await heard((watched) => stack.preview(watched), program);
    const told = inWords(planOf(events).resources, NAMES, secrets);
    return Object.fromEntries(told.map(({ name, because }) => [name, because]));
  }

  async function applied(program: InlineProgram): Promise<Replaced[]> {
    const { secrets, events } = await heard((watched) => stack.up(watched), program);
    const replacing = events.filter(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "replace");
    return replacementsIn(replacing, NAMES, secrets);
  }

  const FROM = "its triggers change with the random password of first, which is replaced";

  /** A command that is made of a password, and one that is made of that command. */
  const chain =
    (length: number, options: pulumi.CustomResourceOptions = {}, secret = "one-secret-word") =>
    () => {
      const first = new RandomPassword("first", { length }, options);
      const second = new local.Command("second", { create: "true", triggers: [first.id, first.bcryptHash] });
      new local.Command("third", { create: "true", triggers: [second.id] });
      new local.Command("fourth", { create: "true", triggers: [pulumi.secret(secret)] });
    };

  it("is its own property, of what is made of it that it is replaced, and a secret by its name alone", async () => {
    await stack.up(chain(20));
    const wanted = chain(24, {}, "another-secret-word");
    const { third, ...because } = await previewed(wanted);
    assert.deepEqual(because, {
      first: "its length changes: 20 → 24",
      second: FROM,
      fourth: "its triggers (secret) change",
    });
    assert.match(third!, /^its triggers change: second\w+ → second\w+$/, "its plugin makes that up before");
    const told = await applied(wanted);
    assert.equal(
      told.find(({ what: [what] }) => what === "first: random password")?.because,
      "its length changes: 20 → 24",
    );
    assert.deepEqual(told.map(({ what: [what] }) => what).sort(), [
      "first: random password",
      "fourth: command",
      "second: command",
      "third: command",
    ]);
    assert.doesNotMatch(JSON.stringify(told), /secret-word/);
    assert.deepEqual(await applied(wanted), []);
  });

  it("is the same where the first has to go before the others: the engine then replaces them for its sake alone", async () => {
    const first = { deleteBeforeReplace: true };
    await stack.up(chain(24, first, "another-secret-word"));
    assert.deepEqual(await previewed(chain(28, first, "another-secret-word")), {
      first: "its length changes: 24 → 28",
      second: FROM,
      third: "its triggers change with the command of second, which is replaced",
    });
  });
});
