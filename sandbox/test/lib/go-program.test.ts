import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { goProgram } from "../../lib/go-program";

/** Writes down each build, and makes the program a little later. */
const GO = `#!/bin/sh
[ "$1" = build ] || exit 0
echo built >> "$(dirname "$0")/builds"
while [ "$1" != -o ]; do shift; done
sleep 0.2
echo program > "$2"
`;

describe("a program that is built from the Go module proxy", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-go-program-"));
  const cache = join(folder, "cache");
  const path = process.env["PATH"];

  before(() => {
    writeFileSync(join(folder, "go"), GO);
    chmodSync(join(folder, "go"), 0o755);
    process.env["PATH"] = `${folder}${delimiter}${path}`;
  });

  after(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  it("is built once where two want it at once, and leaves nothing else in the cache", async () => {
    const program = { package: "example.test/cmd/tool", version: "v1.0.0" };
    const files = await Promise.all([1, 2].map(() => goProgram(cache, program, () => undefined)));
    const expected = join(cache, "tool-v1.0.0", "tool");
    assert.deepEqual(files, [expected, expected]);
    assert.equal(readFileSync(expected, "utf8"), "program\n");
    assert.equal(readFileSync(join(folder, "builds"), "utf8"), "built\n");
    assert.deepEqual(readdirSync(cache), ["tool-v1.0.0"]);
  });
});
