import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { engineError } from "../../../../automation/engine/engine-error";
import { engineCommand, runningEngines } from "../../../../automation/engine/engine-process";
import { interruptible } from "../../../../automation/engine/interruptible";
import { startedHere } from "../../../../automation/engine/run-file";
import { STOP_SIGNALS } from "../../../../automation/terminal/stop-signals";

const root = join(__dirname, "..", "..", "..", "..");

type Run = (
  args: string[],
  cwd: string,
  env: object,
  out?: (text: string) => void,
  err?: unknown,
  signal?: AbortSignal,
) => Promise<{ stdout: string }>;

/** An engine that says what it is told, takes its time to end at the first SIGINT, and counts them. */
const ENGINE = `#!/bin/sh
case "$1" in
version) echo v3.300.0 ;;
group) ps -o pgid= -p $$ ;;
git) git status --porcelain ;;
colored) printf '\\033[38;5;13m\\033[1mDiagnostics:\\033[0m\\n  \\033[38;5;12mImage (blog):\\033[0m\\n    \\033[38;5;1merror: \\033[0mit broke\\n'; exit 255 ;;
fail) echo "error: no stack named 'x' found" >&2; exit 255 ;;
up) trap 'echo "^C received"; sleep 0.2; echo saved; exit 1' INT; echo begun; while :; do sleep 0.05; done ;;
remote) trap 'echo "told" >>heard; echo "^C received"; sleep 0.5; echo saved >>heard; exit 1' INT; echo begun
  while :; do sleep 0.05; done ;;
stubborn) trap 'echo "^C received"' INT; echo begun; while :; do sleep 0.05; done ;;
esac
`;

describe("an engine's operation that is told to stop", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-engine-"));
  const path = process.env["PATH"];
  const stateHome = process.env["XDG_STATE_HOME"];
  let run: Run;

  before(async () => {
    writeFileSync(join(folder, "pulumi"), ENGINE);
    chmodSync(join(folder, "pulumi"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
    process.env["XDG_STATE_HOME"] = folder;
    run = ((await engineCommand()) as unknown as { run: Run }).run;
  });
  after(() => {
    process.env["PATH"] = path;
    if (stateHome === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = stateHome;
    rmSync(folder, { recursive: true });
  });

  const event = (
    kind: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
    op: string,
    name: string,
    type = "t",
  ) =>
    ({
      [kind]: { metadata: { op, urn: `urn:pulumi:dev::berth::${type}::${name}`, type } },
    }) as unknown as EngineEvent;

  /** What the engine and berth say, and how it ends. Signals are sent when the engine has said `begun`, and after that. */
  async function stopped(
    command: string,
    signals: NodeJS.Signals[],
    { changes = true, events = [] as EngineEvent[] } = {},
  ) {
    const said: string[] = [];
    let heard = "";
    const say = (line: string) => said.push(line);
    const send = () => {
      const next = signals.shift();
      if (next) process.kill(process.pid, next);
    };
    const error = await interruptible({ stack: "dev", changes, say }, async ({ signal, onEvent }) => {
      events.forEach(onEvent);
      const listen = (text: string) => {
        heard += text;
        if (/begun|received/.test(text)) send();
      };
      return run([command], folder, {}, listen, undefined, signal);
    }).catch((problem: Error & { exit?: number }) => problem);
    return { said, heard, error: error as Error & { exit?: number } };
  }

  it("asks git without a lock on the user's repository, which would stay there if it were killed", async () => {
    const repository = mkdtempSync(join(tmpdir(), "berth-engine-git-"));
    const git = (...args: string[]) => execFileSync("git", ["-C", repository, ...args]);
    const index = join(repository, ".git", "index");
    try {
      git("init", "--quiet");
      writeFileSync(join(repository, "a"), "1");
      git("add", "a");
      utimesSync(join(repository, "a"), 1, 1); // a time that git would note in the index
      const before = readFileSync(index);
      assert.match((await run(["git"], repository, {})).stdout, /a/);
      assert.deepEqual(readFileSync(index), before);
    } finally {
      rmSync(repository, { recursive: true });
    }
  });

  it("is in a process group of its own, which a terminal's Ctrl-C doesn't reach", async () => {
    const { stdout } = await run(["group"], folder, {});
    const own = await run(["group"], folder, {});
    assert.notEqual(stdout.trim(), own.stdout.trim());
    assert.deepEqual(runningEngines(), []);
  });

  it("is noted on this machine until it has ended well: one that was killed, or fell over, may have left its lock", async () => {
    const ran = async (command: string, signal?: NodeJS.Signals) => {
      let pid = 0;
      const begun = () => {
        if (pid !== 0) return;
        pid = runningEngines().at(-1)!;
        if (signal) process.kill(pid, signal);
      };
      await run([command], folder, {}, begun).catch(() => undefined);
      return startedHere(pid)?.pid === pid;
    };
    assert.deepEqual(
      [await ran("group"), await ran("stubborn", "SIGKILL"), await ran("up", "SIGINT")],
      [false, true, true],
    );
  });

  it("fails as the Automation API has it fail", async () => {
    await assert.rejects(run(["fail"], folder, {}), {
      name: "StackNotFoundError",
      message: /no stack named/,
    });
  });

  it("fails without the colours that a terminal has, so that its diagnostics are found", async () => {
    const error = await run(["colored"], folder, {}).catch((problem: Error) => problem);
    assert.equal(engineError(error), "The engine stopped:\n  Image (blog):\n    error: it broke");
  });

  it("ends its steps and saves at the first Ctrl-C, and says what was done and what was not", async () => {
    const events = [
      event("resourcePreEvent", "same", "network"),
      event("resourcePreEvent", "update", "default", "pulumi:providers:docker"),
      event("resOutputsEvent", "update", "default", "pulumi:providers:docker"),
      event("resourcePreEvent", "create", "nexus"),
      event("resOutputsEvent", "create", "nexus"),
      event("resourcePreEvent", "update", "edge"),
      event("resOpFailedEvent", "update", "edge"),
      event("resourcePreEvent", "create", "blog"),
    ];
    const { said, heard, error } = await stopped("up", ["SIGINT"], { events });
    assert.match(said.join(), /^Stopping: nothing new is begun, .* Ctrl-C once more ends it at once\.$/);
    assert.equal(heard, "begun\n^C received\nsaved\n");
    assert.deepEqual(
      [error.message, error.exit],
      [
        "Stopped by Ctrl-C (SIGINT).\nDone: create t of nexus.\nFailed or given up: update t of edge.\nHalf done: create t of blog.\n" +
          "The state is saved and the lock released. To go on: berth up dev",
        130,
      ],
    );
  });

  it("does not begin where it is told to before that", async () => {
    const say = () => undefined;
    const error = await interruptible({ stack: "dev", changes: true, say }, async ({ signal }) => {
      const told = once(signal, "abort");
      process.kill(process.pid, "SIGINT");
      await told;
      return run(["version"], folder, {}, undefined, undefined, signal);
    }).catch((problem: Error & { exit?: number }) => problem);
    assert.ok(error instanceof Error, "it has run to its end");
    assert.match(error.message, /^Stopped by Ctrl-C \(SIGINT\)\.\nNothing was changed\.\n/);
    assert.equal(error.exit, 130);
  });

  it("ends at once at the second, and says what is left", async () => {
    const { heard, error } = await stopped("stubborn", ["SIGINT", "SIGINT"]);
    assert.equal(heard, "begun\n^C received\n");
    assert.match(
      error.message,
      /^Stopped by Ctrl-C \(SIGINT\)\.\nNothing was changed\.\nThe state still has this run's lock; /,
    );
    assert.equal(error.exit, 130);
    assert.deepEqual(runningEngines(), []);
  });

  it("stops at SIGTERM in the same way", async () => {
    const { said, heard, error } = await stopped("up", ["SIGTERM"]);
    assert.match(said.join(), /what is under way has 8 s to end/);
    assert.match(heard, /saved/);
    assert.match(error.message, /^Stopped by SIGTERM\./);
  });

  it("stops in the same way when its terminal or connection is lost, of which it may be told twice", async () => {
    const { said, heard, error } = await stopped("up", ["SIGHUP", "SIGHUP"]);
    assert.match(said.join(), /^Stopping: .* what is under way has 8 s to end\.$/);
    assert.equal(heard, "begun\n^C received\nsaved\n");
    assert.match(error.message, /^Stopped by the end of its terminal or connection \(SIGHUP\)\.\n/);
    assert.match(error.message, /The state is saved and the lock released\./);
    assert.equal(error.exit, 130);
  });

  it("is told and watched to its end where nobody reads what berth says any more", async () => {
    const script = `
      const { runCli } = require("${root}/automation/cli");
      const { engineCommand } = require("${root}/automation/engine/engine-process");
      const { interruptible } = require("${root}/automation/engine/interruptible");
      const run = async ({ report }) => {
        const { run } = await engineCommand();
        const say = (line) => report.say(line);
        await interruptible({ stack: "dev", changes: true, say }, ({ signal }) => {
          const tell = (text) => { report.engine(text); report.data(text, () => text); };
          return run(["remote"], process.cwd(), {}, tell, tell, signal);
        });
      };
      const up = { name: "up", summary: "s", effect: "changes the stack", example: "e", run };
      runCli(["node", "berth", "up"], [up]).then((code) => { process.exitCode = code; });`;
    const child = spawn(
      process.execPath,
      ["--require", join(root, "node_modules/tsx/dist/cjs/index.cjs"), "-e", script],
      {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const ending = once(child, "exit");
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        said += chunk;
        if (said.includes("begun")) resolve();
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.once("exit", () => reject(new Error(`it has ended: ${said}`)));
    });
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill("SIGHUP");
    assert.deepEqual(await ending, [130, null]);
    assert.equal(readFileSync(join(folder, "heard"), "utf8"), "told\nsaved\n");
  });

  it("ends as it is ending where the second Ctrl-C comes when all is said", async () => {
    const script = `
      const { runCli } = require("${root}/automation/cli");
      const { interruptible } = require("${root}/automation/engine/interruptible");
      const run = ({ report }) =>
        interruptible({ stack: "dev", changes: true, say: () => {} }, ({ signal }) => {
          report.say("begun");
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("cancelled"))));
        });
      const up = { name: "up", summary: "s", effect: "changes the stack", example: "e", run };
      const something = setTimeout(() => {}, 30_000);
      runCli(["node", "berth", "up"], [up]).then((code) => { process.exitCode = code; });`;
    const tsx = join(root, "node_modules/tsx/dist/cjs/index.cjs");
    const child = spawn(process.execPath, ["--require", tsx, "-e", script], { cwd: folder });
    const ending = once(child, "exit");
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      const before = said;
      said += chunk;
      for (const word of ["begun", "berth: Stopped by Ctrl-C (SIGINT)."])
        if (said.includes(word) && !before.includes(word)) child.kill("SIGINT");
    });
    assert.deepEqual(await ending, [130, null], said);
  });

  it("has changed nothing where it only looked", async () => {
    const { said, error } = await stopped("up", ["SIGINT"], { changes: false });
    assert.deepEqual(said, ["Stopping."]);
    assert.deepEqual([error.message, error.exit], ["Stopped by Ctrl-C (SIGINT).\nNothing was changed.", 130]);
  });

  it("leaves signals to Node again when it has ended", async () => {
    await stopped("up", ["SIGINT"]);
    assert.deepEqual(STOP_SIGNALS.map(listening), listeners);
  });
  const listening = (name: NodeJS.Signals) => process.listenerCount(name);
  const listeners = STOP_SIGNALS.map(listening);
});
