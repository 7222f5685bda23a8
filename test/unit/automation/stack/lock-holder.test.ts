import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { ConcurrentUpdateError, type Stack } from "@pulumi/pulumi/automation";
import { type RunNote, runNote } from "../../../../automation/engine/run-note";
import { pastLock } from "../../../../automation/stack/lock-holder";
import { releaseLock } from "../../../../automation/stack/with-lock";

const LOCK = "file:///state/.pulumi/locks/organization/berth/dev/1.json?no_tmp_dir=true";

/** The engine's words. */
function lock(pid: number, { host = hostname(), name = LOCK } = {}): ConcurrentUpdateError {
  const by = `created by ann@${host} (pid ${pid}) at 2026-11-21T16:57:22Z`;
  const message = `the stack is currently locked by 1 lock(s). Wait or \`pulumi cancel\`.\n  ${name}: ${by}`;
  return Object.assign(Object.create(ConcurrentUpdateError.prototype), { message });
}

describe("an update that a lock is in the way of", () => {
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  function started(command: string, ...args: string[]) {
    const child = spawn(command, args);
    children.push(child);
    return { child, pid: child.pid! };
  }

  interface Circumstances {
    readonly patience?: number;
    readonly isFree?: () => boolean;
    readonly isReleased?: boolean;
    /** What the lock's holder has said of itself. */
    readonly note?: RunNote | undefined;
    /** What this machine noted when it started an engine. */
    readonly started?: RunNote;
    readonly jobEnded?: boolean;
  }

  /** What happens, in order, where the lock stays until it is released, or until `isFree`. */
  async function tried(error: ConcurrentUpdateError, circumstances: Circumstances = {}) {
    const { patience = 20_000, isFree = () => false, isReleased = true, jobEnded = false } = circumstances;
    const done: string[] = [];
    let released = false;
    const operation = async () => {
      done.push("update");
      if (!released && !isFree()) throw error;
    };
    const release = async (name: string) => {
      done.push(`release ${name}`);
      released = isReleased;
    };
    const wish = {
      stack: "dev",
      operation,
      release,
      note: async () => circumstances.note,
      started: (pid: number) => (circumstances.started?.pid === pid ? circumstances.started : undefined),
      jobHasEnded: async () => jobEnded,
      say: (line: string) => done.push(line),
      patience,
    };
    await pastLock(error, wish).catch((refusal: Error & { exit?: number }) => {
      done.push(`${refusal.message} ${refusal.exit}`);
    });
    return done;
  }

  const gone = (pid: number, why = "its process has ended") =>
    `Releasing the lock of a run that is gone (process ${pid} of 2026-11-21T16:57:22Z): ${why}.`;
  const released = (pid: number, why?: string) => [gone(pid, why), `release ${LOCK}`, "update"];

  /** A process that has ended, and what it had said of itself while it lived. */
  async function dead() {
    const { child, pid } = started("sleep", "60");
    const note = runNote(pid)!;
    child.kill("SIGKILL");
    await once(child, "exit");
    return { pid, note };
  }

  it("releases that of a process that is known to be gone", async () => {
    const { pid, note } = await dead();
    assert.deepEqual(await tried(lock(pid), { note }), released(pid));
  });

  it("releases that of a process whose number another one has by now", async () => {
    const { pid, note } = await dead();
    const other = started("sleep", "60").pid;
    const reused = { ...note, pid: other, start: "1" };
    assert.deepEqual(await tried(lock(other), { note: reused }), released(other));
    assert.notEqual(pid, other);
  });

  it("releases that of a run that was killed before it could say anything, by what this machine noted at its start", async () => {
    const { pid, note } = await dead();
    const noted = { ...note, since: "2026-11-21T16:57:20Z" };
    assert.deepEqual(await tried(lock(pid), { started: noted }), released(pid));
    const { pid: other } = started("sleep", "60");
    const refused = [
      { ...noted, namespace: "pid:[1]" },
      { ...noted, host: "elsewhere" },
      { ...noted, since: "2026-11-21T16:50:00Z" }, // of an earlier run
      { ...noted, since: "2026-11-21T16:57:30Z" }, // of a later one
    ];
    for (const one of refused)
      assert.match((await tried(lock(pid), { started: one })).join(), /^The stack dev is locked by .* 4$/);
    const reused = { ...noted, pid: other, start: "1" };
    assert.match((await tried(lock(other), { started: reused })).join(), /^The stack dev is locked by .* 4$/);
  });

  it("keeps that of another container, though host name and number of the process are the same", async () => {
    const { pid, note } = await dead();
    for (const over of [{ namespace: "pid:[1]" }, { boot: "of another machine" }]) {
      const [refused, ...more] = await tried(lock(pid), { note: { ...note, ...over } });
      assert.match(refused!, /^The stack dev is locked by ann@\S+ \(process \d+, since .* 4$/);
      assert.deepEqual(more, []);
    }
  });

  it("keeps that of a run that has said nothing of itself, or of an older run than the lock", async () => {
    const { pid, note } = await dead();
    const older = { ...note, since: "2026-11-21T16:57:20Z" };
    for (const said of [undefined, older, { ...note, host: "elsewhere" }, { ...note, pid: pid + 1 }])
      assert.match((await tried(lock(pid), { note: said })).join(), /^The stack dev is locked by .* 4$/);
  });

  it("releases that of a job of which GitLab says that it has ended, wherever it ran", async () => {
    const { pid, note } = await dead();
    const elsewhere = { ...note, host: "runner-1", namespace: "pid:[1]" };
    const circumstances = { note: elsewhere, jobEnded: true };
    const done = await tried(lock(pid, { host: "runner-1" }), circumstances);
    assert.deepEqual(done, released(pid, "GitLab says that its job has ended"));
  });

  it("releases that of a process that has ended and that nobody has asked about", async () => {
    // The shell becomes a process that never asks about its child.
    const { child } = started("sh", "-c", "sleep 0.3 & echo $!; exec sleep 60");
    const pid = Number(String((await once(child.stdout, "data"))[0]));
    const note = runNote(pid)!;
    const done = await tried(lock(pid), { note });
    assert.deepEqual(done.slice(-3), released(pid));
    process.kill(pid, 0); // its number is still taken, as of every process in a container whose first one reaps none
    const noted = { ...note, since: "2026-11-21T16:57:20Z" };
    assert.deepEqual(await tried(lock(pid), { started: noted }), released(pid));
  });

  it("releases that of a process that was killed and takes a moment to end, only after that", async () => {
    const { pid } = started("sleep", "0.5");
    assert.deepEqual(await tried(lock(pid), { note: runNote(pid) }), ["update", ...released(pid)]);
  });

  it("releases nothing where the other run ends by itself: the lock that is there then is another one's", async () => {
    const { pid } = started("sleep", "0.5");
    assert.deepEqual(await tried(lock(pid), { note: runNote(pid), isFree: () => true }), ["update"]);
  });

  it("is refused where a lock stays that was to be released", async () => {
    const { pid, note } = await dead();
    const [said, release, update, refused, ...more] = await tried(lock(pid), { note, isReleased: false });
    assert.deepEqual([[said, release, update], more], [released(pid), []]);
    assert.match(refused!, /^The stack dev is locked by ann@.* 4$/);
  });

  it("is refused where the other run goes on, and where nobody here can know", async () => {
    const { pid } = started("sleep", "60");
    const why = (who: string) =>
      `The stack dev is locked by ${who} and it can't be known from here that this run is gone. Nothing was changed. ` +
      "Wait for it; if it is gone for good: pulumi cancel --stack dev 4";
    const since = "since 2026-11-21T16:57:22Z";
    assert.deepEqual(await tried(lock(pid), { note: runNote(pid), patience: 300 }), [
      why(`ann@${hostname()} (process ${pid}, ${since})`),
    ]);
    assert.deepEqual(await tried(lock(1, { host: "elsewhere" })), [
      why(`ann@elsewhere (process 1, ${since}), on another machine or in another container,`),
    ]);
    const unknown = Object.assign(lock(1), { message: "somebody holds it" });
    assert.deepEqual(await tried(unknown), [why("another run")]);
  });
});

describe("a dead run's lock", () => {
  const state = mkdtempSync(join(tmpdir(), "berth-locks-"));
  after(() => rmSync(state, { recursive: true }));

  async function release(name: string): Promise<number> {
    let cancelled = 0;
    const cancel = async () => {
      cancelled++;
    };
    await releaseLock({ stack: { cancel } as unknown as Stack }, name);
    return cancelled;
  }

  it("goes alone where the state is in a folder: the next run's own stays", async () => {
    const locks = join(state, ".pulumi/locks/organization/berth/dev");
    mkdirSync(locks, { recursive: true });
    for (const file of ["dead.json", "dead.json.attrs", "alive.json"]) writeFileSync(join(locks, file), "{}");
    assert.equal(await release(`file://${locks}/dead.json?no_tmp_dir=true`), 0);
    assert.deepEqual(readdirSync(locks), ["alive.json"]);
    assert.equal(await release(`file://${locks}/dead.json`), 0, "somebody else was quicker");
  });

  it("goes by the engine where the state is elsewhere", async () => {
    assert.equal(await release("s3://state/.pulumi/locks/organization/berth/dev/1.json"), 1);
    assert.equal(await release("file:///nowhere/.pulumi/locks/organization/berth/dev/1.json"), 1);
  });
});
