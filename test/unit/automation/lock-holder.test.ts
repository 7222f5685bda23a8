import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hasEnded } from "../../../automation/lock-holder";

describe("the holder of a lock", () => {
  it("is at work as long as its process lives", async () => {
    assert.equal(await hasEnded(process.pid, 150), false);
  });

  it("is gone with its process", async () => {
    const child = spawn("true");
    await once(child, "exit");
    assert.equal(await hasEnded(child.pid!, 0), true);
  });

  it("is waited for while its process is dying", async () => {
    const child = spawn("sleep", ["0.3"]);
    assert.equal(await hasEnded(child.pid!, 0), false);
    assert.equal(await hasEnded(child.pid!, 30_000), true);
  });

  it("is gone when its process has ended and nobody has asked how", async () => {
    // The shell becomes a process that never asks about its child.
    const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 30"]);
    const [pid] = await once(parent.stdout, "data");
    try {
      assert.equal(await hasEnded(Number(String(pid)), 10_000), true);
      process.kill(Number(String(pid)), 0); // its number is still taken
    } finally {
      parent.kill("SIGKILL");
    }
  });
});
