import assert from "node:assert/strict";
import { type Changes, InlineProject, type InlineStack } from "../support/inline-stack";
import { dockerMissing, ensureImage, NexusStage } from "./nexus-harness";
import { nameOf } from "./nexus-kinds/kind-case";
import { difference, NexusRest } from "./nexus-kinds/nexus-rest";
import { passwords } from "./nexus-kinds/passwords";
import { type ProgramOptions, programOf } from "./nexus-kinds/program";
import { RecordingProxy } from "./nexus-kinds/recording-proxy";
import { table } from "./nexus-kinds/table";
import { startUpstream } from "./nexus-kinds/upstream";

const several = table.filter((entry) => entry.gone);
const mostUpdates = Math.max(...table.map(({ updates }) => updates.length));
/** What stands beside the table's objects in a stack: the stack itself and the admin password. */
const BESIDE = 2;

describe("every kind of Nexus object, through the engine", function () {
  this.timeout(300_000);
  const stage = new NexusStage();
  const project = new InlineProject("kinds");
  let prepared = false;
  let rest: NexusRest;
  let proxy: RecordingProxy;
  let stack: InlineStack;
  let stopUpstream: (() => Promise<unknown>) | undefined;

  before(async function () {
    const missing = await dockerMissing();
    if (missing) {
      console.log(`    skipped: ${missing}`);
      return this.skip();
    }
    await ensureImage();
    prepared = true;
    await stage.prepare();
    await stage.start();
    stopUpstream = await startUpstream(stage);
    rest = new NexusRest(`http://127.0.0.1:${stage.ports.http}`, passwords.admin);
    proxy = await RecordingProxy.before(stage.ports.http);
    stack = await project.stack("dev");
  });
  after(async () => {
    proxy?.close();
    await stopUpstream?.();
    project.remove();
    if (prepared) await stage.cleanUp();
  });

  const program = (over: Partial<ProgramOptions> = {}) =>
    programOf({ url: proxy.url, container: stage.run, adminPassword: passwords.admin, updates: 0, ...over });

  /** Ran once more, nothing is found to do, neither on the server nor in the program; and nothing is written. */
  async function nothingToDo(over: Partial<ProgramOptions> = {}, on = stack): Promise<void> {
    const from = proxy.writes.length;
    onlySame(await on.refresh());
    onlySame(await on.preview(program(over)));
    assert.deepEqual(proxy.writes.slice(from), []);
  }

  async function readAll(entries = table): Promise<Map<string, unknown>> {
    const told = entries.map(async (entry) => [nameOf(entry), await entry.read(rest)] as const);
    return new Map(await Promise.all(told));
  }

  it("creates them", async () => {
    assert.deepEqual(await stack.up(program()), { create: table.length + BESIDE });
    const there = await readAll(several);
    for (const entry of several) assert.notEqual(there.get(nameOf(entry)), undefined, nameOf(entry));
    await nothingToDo();
  });

  it("does nothing where nothing changed", async () => {
    const before = proxy.writes.length;
    onlySame(await stack.up(program()));
    assert.deepEqual(proxy.writes.slice(before), []);
  });

  it("leaves alone what the program does not set", async () => {
    for (const { unmodelled } of table) await unmodelled?.(rest);
    await nothingToDo();
  });

  for (let step = 1; step <= mostUpdates; step++) {
    const changed = table.filter(({ updates }) => Object.keys(updates[step - 1]?.patch ?? {}).length > 0);
    it(`updates them: field ${step} of ${mostUpdates}, which ${changed.length} have`, async () => {
      const changes = await stack.up(program({ updates: step }));
      assert.deepEqual(changes, { same: table.length + BESIDE - changed.length, update: changed.length });
      const there = await readAll();
      for (const entry of table) {
        const { told = {}, proof } = entry.updates[step - 1] ?? {};
        assert.equal(difference(there.get(nameOf(entry)), told), undefined, nameOf(entry));
        await proof?.(rest);
      }
      onlySame(await stack.preview(program({ updates: step }), { refresh: true }));
    });
  }

  it("has then what was asked for, and kept what was not", async () => {
    await nothingToDo({ updates: mostUpdates });
    assert.deepEqual(await readAll(), new Map(table.map((entry) => [nameOf(entry), entry.deep])));
  });
});

function onlySame(changes: Changes): void {
  assert.deepEqual(Object.keys(changes), ["same"]);
}
