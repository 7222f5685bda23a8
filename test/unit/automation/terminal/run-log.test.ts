import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunLog } from "../../../../automation/terminal/run-log";

describe("the log of a run", () => {
  let folder: string;
  let log: RunLog;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "berth-log-")), "log");
    log = new RunLog("up", () => folder);
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  it("is there from the first text on, and nobody else's to read", () => {
    assert.deepEqual([log.told, existsSync(folder)], [undefined, false]);
    log.write("Updating (dev):\n");
    log.write("\x1b[32m +  nexus created\x1b[0m\n");
    const [name] = readdirSync(folder);
    const file = join(folder, name!);
    assert.match(name!, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-up-\d+\.log$/);
    assert.equal(log.told, `The engine's own text: ${file}`);
    assert.equal(readFileSync(file, "utf8"), "Updating (dev):\n +  nexus created\n");
    assert.deepEqual(
      [folder, file].map((path) => statSync(path).mode & 0o777),
      [0o700, 0o600],
    );
  });

  it("is one of the last fifty", () => {
    log.write("first\n");
    const [first] = readdirSync(folder);
    for (let index = 10; index < 80; index++) writeFileSync(join(folder, `2020-01-${index}-up-1.log`), "");
    writeFileSync(join(folder, "notes"), "");
    const latest = new RunLog("drift", () => folder);
    latest.write("text\n");
    const left = readdirSync(folder);
    assert.equal(left.filter((name) => name.endsWith(".log")).length, 50);
    assert.ok(left.includes(first!) && left.includes("notes"));
  });

  it("says where it could not be kept, and what to do, and stops no run", () => {
    writeFileSync(join(folder, "..", "log"), "a file, not a folder");
    log.write("Updating\n");
    log.write("more\n");
    assert.match(
      log.told!,
      /^The engine's own text could not be kept \(.*(EEXIST|ENOTDIR).*\): --verbose shows it\.$/,
    );
  });
});
