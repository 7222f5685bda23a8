import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { commandProvider } from "../../pulumi/src/providers/command";
import { type Props, UNKNOWN } from "../../pulumi/src/providers/provider";
import { Resource } from "./resource";

describe("the command provider", () => {
  let directory: string;
  let command: Resource;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "berth-command-"));
    command = new Resource(commandProvider.create(), "command:local:Command", "echo");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it("runs create with the engine's environment and its own, and records the output", async () => {
    process.env["BERTH_TEST_INHERITED"] = "inherited";
    try {
      const inputs: Props = {
        create: 'echo "$BERTH_TEST_INHERITED $WHAT"; echo; echo oops >&2; pwd',
        environment: { WHAT: "own" },
        dir: directory,
      };
      const outputs = await command.create(inputs);
      assert.deepEqual(outputs, { ...inputs, stdout: `inherited own\n\n${directory}`, stderr: "oops" });
      assert.match(command.state!.id, /^echo[0-9a-f]{8}$/);
      assert.deepEqual(
        [...command.logged].sort(),
        ["status: ", `status: ${directory}`, "status: inherited own", "status: oops"].sort(),
      );
    } finally {
      delete process.env["BERTH_TEST_INHERITED"];
    }
  });

  it("drops one line feed at the end, not more", async () => {
    assert.equal((await command.create({ create: "printf 'a\\n\\n'" }))["stdout"], "a\n");
  });

  it("passes standard input and takes another interpreter", async () => {
    const outputs = await command.create({
      create: "process.stdin.on('data', (data) => console.log(String(data).toUpperCase()))",
      interpreter: [process.execPath, "-e"],
      stdin: "text",
    });
    assert.equal(outputs["stdout"], "TEXT");
    assert.equal((await command.create({ create: "true", stdin: "x".repeat(1_000_000) }))["stdout"], "");
  });

  for (const [logging, lines] of [
    ["stdout", ["status: out"]],
    ["stderr", ["status: err"]],
    ["none", []],
  ] as const) {
    it(`logs ${logging} only and records both`, async () => {
      const outputs = await command.create({ create: "echo out; echo err >&2", logging });
      assert.deepEqual([outputs["stdout"], outputs["stderr"]], ["out", "err"]);
      assert.deepEqual(command.logged, lines);
    });
  }

  it("updates with update, else with create, and hands the previous output on unless told not to", async () => {
    const create = 'echo "created after [$PULUMI_COMMAND_STDOUT]"; echo e >&2';
    await command.create({ create });
    await command.update({ create, environment: { A: "1" } });
    assert.equal(command.state!.outputs["stdout"], "created after [created after []]");
    const update = 'echo "$PULUMI_COMMAND_STDERR"';
    await command.update({ create, update });
    assert.equal(command.state!.outputs["stdout"], "e");
    await command.update({
      create,
      update: 'echo "[$PULUMI_COMMAND_STDOUT]"',
      addPreviousOutputInEnv: false,
    });
    assert.equal(command.state!.outputs["stdout"], "[]");
    await command.update({});
    assert.equal(command.state!.outputs["stdout"], "[]");
  });

  it("deletes with delete, in the recorded environment", async () => {
    const file = join(directory, "deleted");
    await command.create({
      create: "echo made",
      delete: 'echo "$WHAT $PULUMI_COMMAND_STDOUT" > deleted',
      environment: { WHAT: "bye" },
      dir: directory,
    });
    await command.delete();
    assert.equal(readFileSync(file, "utf8"), "bye made\n");
  });

  it("replaces for triggers only", async () => {
    const inputs: Props = { create: "echo $A", environment: { A: "1", B: "2" }, triggers: ["a", { b: 1 }] };
    await command.create(inputs);
    assert.equal((await command.diff(inputs)).changes, false);
    const updated = await command.diff({ ...inputs, create: "echo", environment: { A: "2" } });
    assert.deepEqual(updated.detailed, {
      create: "update",
      "environment.A": "update",
      "environment.B": "delete",
    });
    assert.deepEqual(updated.replaces, []);
    const replaced = await command.diff({ ...inputs, triggers: ["a", { b: 2 }] });
    assert.deepEqual(replaced.detailed, { "triggers[1].b": "update-replace" });
    assert.deepEqual(replaced.replaces, ["triggers"]);
    assert.deepEqual((await command.diff({ ...inputs, triggers: UNKNOWN })).replaces, ["triggers"]);
  });

  it("tells exit code and output of a command that fails, and changes nothing in the state", async () => {
    const failing = command.create({ create: "echo before; echo why >&2; exit 3" });
    await assert.rejects(
      failing,
      /^Error: exit status 3: running "echo before; echo why >&2; exit 3":\n(before\nwhy|why\nbefore)\n$/,
    );
    assert.equal(command.state, undefined);
    await assert.rejects(command.create({ create: "kill -9 $$" }), /^Error: signal: SIGKILL: running/);
    await assert.rejects(
      command.create({ create: "x", dir: join(directory, "nowhere") }),
      /Can't start \/bin\/sh in .*nowhere: ENOENT/,
    );
  });

  it("ends a command and its children when the run is interrupted", async () => {
    const file = join(directory, "children");
    const running = command.create({
      create: `sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`,
    });
    const interrupted = assert.rejects(running, /Interrupted: running/);
    while (!existsSync(file)) await pause(20);
    command.abort.abort();
    await interrupted;
    const child = Number(readFileSync(file, "utf8"));
    assert.ok(isOver(child), `process ${child} still runs`);
  });

  it("runs nothing in a preview", async () => {
    const file = join(directory, "ran");
    const outputs = await command.preview({ create: `touch ${file}` });
    assert.deepEqual([outputs["stdout"], outputs["stderr"]], [UNKNOWN, UNKNOWN]);
    await command.create({ create: "true" });
    await command.update({ create: "true", update: `touch ${file}` }, true);
    assert.throws(() => readFileSync(file), /ENOENT/);
  });

  it("refuses what it doesn't have, by name", async () => {
    writeFileSync(join(directory, "x"), "");
    await assert.rejects(
      command.check({ create: "x", assetPaths: ["x"] }),
      /command:local:Command: the sandbox does not support "assetPaths"/,
    );
    await assert.rejects(command.check({ logging: "all" }), /"logging" must be one of stdout, stderr/);
    const remote = new Resource(commandProvider.create(), "command:remote:Command", "r");
    await assert.rejects(
      remote.check({}),
      /command:remote:Command: the sandbox does not support this resource/,
    );
    await assert.rejects(
      commandProvider.create().invoke("command:local:run", {}),
      /does not support functions/,
    );
  });
});

/** Gone, or ended and waiting for a parent that collects it. */
function isOver(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
