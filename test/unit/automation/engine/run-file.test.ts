import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetOld, forgetStarted, noteStarted, startedHere } from "../../../../automation/engine/run-file";

describe("what a machine knows of the engines that it has started", () => {
  const before = process.env["XDG_STATE_HOME"];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-run-file-"));
    process.env["XDG_STATE_HOME"] = folder;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it("is kept until the engine ends well", () => {
    noteStarted(process.pid);
    const { pid, namespace } = startedHere(process.pid)!;
    assert.deepEqual([pid, namespace], [process.pid, readlinkSync("/proc/self/ns/pid")]);
    forgetStarted(process.pid);
    assert.equal(startedHere(process.pid), undefined);
  });

  it("is kept for thirty days where it did not", () => {
    const runs = join(folder, "berth", "runs");
    mkdirSync(runs, { recursive: true });
    const daysAgo = (days: number) => Date.now() / 1000 - days * 24 * 3600;
    for (const [file, days] of [
      ["1-1.json", 29],
      ["1-2.json", 31],
    ] as const) {
      writeFileSync(join(runs, file), "{}");
      utimesSync(join(runs, file), daysAgo(days), daysAgo(days));
    }
    forgetOld();
    assert.deepEqual(
      readdirSync(runs).filter((file) => file.startsWith("1-")),
      ["1-1.json"],
    );
  });

  it("is not what another container knows of its process with the same number, where they share the folder", () => {
    noteStarted(process.pid);
    const [file] = readdirSync(join(folder, "berth", "runs"));
    assert.match(file!, new RegExp(`^\\d+-${process.pid}\\.json$`));
    const other = join(folder, "berth", "runs", `1-${process.pid}.json`);
    writeFileSync(other, "theirs");
    forgetStarted(process.pid);
    assert.deepEqual(readdirSync(join(folder, "berth", "runs")), [`1-${process.pid}.json`]);
  });
});
