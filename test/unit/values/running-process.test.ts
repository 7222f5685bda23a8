import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { isRunning, statOf } from "../../../components/values/running-process";

describe("a process", () => {
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  it("runs until it has ended", async () => {
    const child = spawn("sleep", ["60"]);
    children.push(child);
    assert.deepEqual([isRunning(process.pid), isRunning(child.pid!)], [true, true]);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.deepEqual([isRunning(child.pid!), statOf(child.pid!)], [false, undefined]);
  });

  it("runs no more once it has ended and keeps its number, as where nobody asks about it", async () => {
    // The shell becomes a process that never asks about its child.
    const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"]);
    children.push(parent);
    const pid = Number(String((await once(parent.stdout, "data"))[0]));
    while (!statOf(pid)?.isZombie) await pause(10);
    process.kill(pid, 0); // its number is still taken
    assert.equal(isRunning(pid), false);
  });
});
