import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeResult } from "../../../../automation/terminal/write-result";

describe("a file that an option asks for", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-result-"));
  after(() => rmSync(folder, { recursive: true }));

  it("is written, in a folder that need not be there", () => {
    const file = join(folder, "reports", "berth.env");
    for (const text of ["first", "second"]) {
      writeResult("--dotenv", file, text);
      assert.equal(readFileSync(file, "utf8"), text);
    }
  });

  it("is told with its option and the reason where it can't be written", () => {
    writeFileSync(join(folder, "taken"), "");
    const file = join(folder, "taken", "berth.env");
    assert.throws(() => writeResult("--dotenv", file, "text"), {
      name: "CommandError",
      message:
        /^--dotenv: could not write \S+taken\/berth\.env \(E\w+: .*\)\. Name a place that this user may write to\.$/,
    });
  });
});
