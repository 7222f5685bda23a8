import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  endProcess,
  identify,
  isAlive,
  type ProcessIdentity,
  readLiveProcess,
  writeProcessFile,
} from "../../lib/process-file";

describe("process files", () => {
  let dir: string;
  let file: string;
  const self = identify(process.pid) as ProcessIdentity;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "berth-pid-"));
    file = join(dir, "x.pid");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("name a process as long as it is that one", () => {
    writeProcessFile(file, self);
    assert.deepEqual(readLiveProcess(file), self);
  });

  it("name nobody once the pid belongs to another process, or to another boot", () => {
    writeProcessFile(file, { ...self, startTime: `${Number(self.startTime) - 1}` });
    assert.equal(readLiveProcess(file), undefined);
    writeProcessFile(file, { ...self, bootId: "other" });
    assert.equal(readLiveProcess(file), undefined);
  });

  it("that are missing, cut short or hold a bare pid name nobody", () => {
    assert.equal(readLiveProcess(file), undefined);
    for (const text of ["", '{"pid":', `${process.pid}\n`]) {
      writeFileSync(file, text);
      assert.equal(readLiveProcess(file), undefined, JSON.stringify(text));
    }
  });

  it("never end a process whose pid was taken over", async () => {
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    const identity = identify(child.pid ?? 0) as ProcessIdentity;
    writeProcessFile(file, { ...identity, startTime: "1" });
    assert.equal(await endProcess(file, 100), false);
    assert.ok(isAlive(identity));
    child.kill("SIGKILL");
  });

  it("end a process, also one that does not want to", async () => {
    const child = spawn("sh", ["-c", "trap '' TERM; while :; do sleep 0.1; done"], { stdio: "ignore" });
    const identity = identify(child.pid ?? 0) as ProcessIdentity;
    writeProcessFile(file, identity);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(await endProcess(file, 300), true);
    assert.equal(isAlive(identity), false);
    assert.equal(existsSync(file), false);
  });
});
