import assert from "node:assert/strict";
import { kinds } from "../../../components/nexus/kinds";
import type { InlineStack } from "../../support/stack/inline-stack";
import { needsNexusImage } from "./harness";
import { badInputs } from "./kinds/bad-inputs";
import { absentKinds } from "./kinds/bad-repositories";
import { declareFull, filesThere, fill, leftOfFull } from "./kinds/full-repository";
import { type AnyCase, nameOf } from "./kinds/kind-case";
import { difference, overlaid } from "./kinds/nexus-rest";
import { passwords } from "./kinds/passwords";
import { fixedRefusals, refusalOf } from "./kinds/refusals";
import { BESIDE, onlySame, Surroundings } from "./kinds/surroundings";
import { table } from "./kinds/table";

const several = table.filter((entry) => entry.gone);
const mostUpdates = Math.max(...table.map(({ updates }) => updates.length));
const all = table.length + BESIDE;
const inTheEnd = new Map(table.map((entry) => [nameOf(entry), entry.deep]));

/**
 * No Nexus has apt groups yet, S3 is tested where there is one (s3.test.ts), and the core from Maven Central has none
 * of the others: their refusals are here, their life in test/unit/nexus/described.test.ts.
 */
const untested = ["AptGroup", "S3BlobStore", "SsrfProtection", ...absentKinds];

describe("every kind of Nexus object, through the engine", function () {
  this.timeout(600_000);
  const around = new Surroundings();
  const { now } = around;
  let stack: InlineStack;
  const program = around.program.bind(around);

  before(async function () {
    await needsNexusImage(this);
    await around.start();
    stack = await around.project.stack("dev");
  });
  after(() => around.cleanUp());

  it("is in the table", () => {
    const tested = new Set<string>(table.map(({ kind }) => kind));
    assert.deepEqual(new Set(Object.keys(kinds).filter((kind) => !tested.has(kind))), new Set(untested));
  });

  it("is created", async () => {
    assert.deepEqual(await stack.up(program()), { create: all });
    for (const [name, object] of await around.readAll(several)) assert.ok(object, name);
    await around.nothingToDo(stack);
  });

  it("is not touched where nothing changed", async () => {
    const writes = await around.writesDuring(async () => onlySame(await stack.up(program())));
    assert.deepEqual(writes, []);
  });

  it("is left alone where the program says nothing", async () => {
    for (const { unmodelled } of table) await unmodelled?.(around.rest, "first");
    await around.nothingToDo(stack);
  });

  for (let step = 1; step <= mostUpdates; step++) {
    const changed = table.filter(({ updates }) => Object.keys(updates[step - 1]?.patch ?? {}).length > 0);
    it(`is updated: field ${step} of ${mostUpdates}, which ${changed.length} have`, async () => {
      now.updates = step;
      assert.deepEqual(await stack.up(program()), { same: all - changed.length, update: changed.length });
      const there = await around.readAll();
      for (const entry of table) {
        const { told = {}, proof } = entry.updates[step - 1] ?? {};
        assert.equal(difference(there.get(nameOf(entry)), told), undefined, nameOf(entry));
        await proof?.(around.rest);
      }
      onlySame(await stack.preview(program(), { refresh: true }));
    });
  }

  it("has then what was asked for, and kept what was not", async () => {
    await around.nothingToDo(stack);
    assert.deepEqual(await around.readAll(), inTheEnd);
  });

  it("is put right where it was changed by hand", async () => {
    const drifting = table.filter(({ drift }) => drift);
    for (const { drift } of drifting) await drift!(around.rest);
    const changes = { same: all - drifting.length, update: drifting.length };
    assert.deepEqual(await stack.refresh(), changes);
    assert.deepEqual(await stack.preview(program()), changes);
    assert.deepEqual(await stack.up(program()), changes);
    assert.deepEqual(await around.readAll(), inTheEnd);
    await around.nothingToDo(stack);
  });

  it("is created again where it was deleted by hand", async () => {
    for (const { gone } of [...several].reverse()) await gone!(around.rest);
    assert.deepEqual(await stack.refresh(), { delete: several.length, same: all - several.length });
    const left = [...(await stack.inputs()).keys()].filter((name) => name.startsWith("life-"));
    const single = table.filter(({ gone }) => !gone).map((entry) => nameOf(entry));
    assert.deepEqual(left.sort(), single.sort());
    assert.deepEqual(await stack.up(program()), { create: several.length, same: all - several.length });
    await around.nothingToDo(stack);
  });

  it("is refused in another stack, where it exists", async () => {
    for (const { unmodelled } of table) await unmodelled?.(around.rest, "last");
    for (const { drift } of table) await drift?.(around.rest);
    const inputs = await stack.inputs();
    await stack.forget();
    stack = await around.project.stack("next");
    const exists = ({ kind, id }: AnyCase) =>
      `The ${kinds[kind].noun} "${id}" already exists in Nexus. ` +
      "Set adopt: true to manage it from here, or delete it there.";
    const writes = await around.writesDuring(async () => {
      const { message } = await failure(stack.preview(program()));
      // The engine stops at the first refusal, whichever kind's that is.
      assert.ok(
        several.some((entry) => message.includes(exists(entry))),
        message,
      );
      for (const entry of several) {
        const refusal = await refusalOf(around.rest, entry.kind, inputs.get(nameOf(entry))!);
        assert.equal(refusal, exists(entry));
      }
    });
    assert.deepEqual(writes, []);
  });

  it("is adopted where that is said, and made as it should be", async () => {
    now.adopt = true;
    now.more = declareFull();
    assert.deepEqual(await stack.up(program()), { create: all + 2 });
    assert.deepEqual(await around.readAll(), inTheEnd);
    await around.nothingToDo(stack);
  });

  it("stays as it is under another resource name", async () => {
    await fill(around.rest);
    now.suffix = "-renamed";
    now.more = declareFull({ suffix: "-renamed", adopt: true });
    const count = table.length + 2;
    const writes = await around.writesDuring(async () => {
      assert.deepEqual(await stack.up(program()), { create: count, delete: count, same: BESIDE });
    });
    assert.deepEqual(
      writes.filter((write) => /^(DELETE|POST \/service\/rest)/.test(write)),
      [],
    );
    assert.deepEqual(await around.readAll(), inTheEnd);
    assert.deepEqual(await filesThere(around.rest), [200, 200]);
    await around.nothingToDo(stack);
  });

  it("refuses what can't be, and says why", async () => {
    const inputs = await stack.inputs();
    // 3.71 asks private addresses as any other: a list of them has nothing to be refused.
    const refusing = Object.keys(kinds).filter((kind) => kind !== "SsrfProtection");
    assert.deepEqual(new Set(badInputs.map(({ kind }) => kind)), new Set(refusing));
    const said: unknown[] = [];
    for (const { kind, variant = "", fields } of badInputs) {
      const own = inputs.get(`life-${kind}${variant}${now.suffix}`) ?? {};
      const wanted = overlaid(own, { ...fields, adopt: true }) as Record<string, unknown>;
      said.push(await refusalOf(around.rest, kind, wanted));
    }
    assert.deepEqual(
      said,
      badInputs.map(({ says }) => says),
    );
  });

  it("refuses to change what would be another object", async () => {
    const inputs = await stack.inputs();
    for (const entry of table) {
      const refusals = await fixedRefusals(around.rest, entry.kind, inputs.get(nameOf(entry, now.suffix))!);
      for (const { said, wanted } of refusals) assert.deepEqual(said, wanted);
    }
  });

  it("tells no secret in a refusal", async () => {
    const other = { RawProxy: { remoteUrl: "nonsense" } };
    const { message } = await failure(stack.up(program({ other })));
    assert.match(message, /Nexus answered 400/);
    onlySame(await stack.preview(program()));
  });

  it("is not deleted with what it holds, unless that is allowed", async () => {
    const renamed = { suffix: "-renamed", adopt: true };
    const without = (parts: object) => program({ more: declareFull({ ...renamed, ...parts }) });
    const howTo =
      "To lose them, set allowDataLoss: true for it and run `up` once with it still in the program.";
    const both = await failure(stack.up(without({ repository: false, store: false })));
    assert.ok(
      both.message.includes(
        `The raw hosted repository "life-full" holds 2 components, 0.1 kB and is not deleted. ${howTo}`,
      ),
      both.message,
    );
    const store = await failure(stack.up(without({ store: false })));
    assert.ok(
      store.message.includes(
        `The file blob store "life-full" holds 2 blobs, 0.1 kB and is not deleted. ${howTo}`,
      ),
      store.message,
    );
    assert.deepEqual(await filesThere(around.rest), [200, 200]);
    const allowed = await stack.up(without({ allowDataLoss: true }));
    assert.deepEqual(allowed, { same: all, update: 2 });
    now.more = undefined;
    assert.deepEqual(await stack.up(program()), { same: all, delete: 2 });
    assert.deepEqual(await leftOfFull(around.rest), []);
    await around.nothingToDo(stack);
  });

  it("is changed and deleted with the password that is right by then", async () => {
    now.adminPassword = passwords.rotated;
    now.without = ["Task"];
    assert.deepEqual(await stack.up(program()), { update: table.length, delete: 1, same: 1 });
    assert.equal((await around.rest.ask("GET", "/service/rest/v1/security/users")).status, 401);
    around.rest.password = passwords.rotated;
    assert.equal((await around.readAll()).get("life-Task"), undefined);
    await around.nothingToDo(stack);
  });

  it("is deleted with its resource, but for what a server can't be without", async () => {
    const before = await around.readAll();
    assert.deepEqual(await stack.up(() => undefined), { delete: all - 2, same: 1 });
    const wanted = table.map((entry) => {
      const left = entry.gone ? undefined : "left" in entry ? entry.left : before.get(nameOf(entry));
      return [nameOf(entry), left] as const;
    });
    assert.deepEqual(await around.readAll(), new Map(wanted));
  });

  it("keeps every secret out of what the engine wrote and said", () => {
    const texts = { written: around.project.written(), printed: around.project.printed };
    for (const [name, secret] of Object.entries(passwords)) {
      const basic = Buffer.from(`admin:${secret}`).toString("base64");
      for (const [where, text] of Object.entries(texts)) {
        assert.ok(!text.includes(secret), `${name} is ${where}`);
        assert.ok(!text.includes(basic), `the login with ${name} is ${where}`);
      }
    }
  });
});

async function failure(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.ok(error, "it was not refused");
  return error;
}
