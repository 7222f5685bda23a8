import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkOrCopy } from "../../nexus/build";

describe("Nexus's distribution in the context of its image", () => {
  // Linux has /dev/shm on a file system of its own: no hard link leads there.
  for (const [place, parent] of [
    ["one file system", tmpdir()],
    ["two file systems", "/dev/shm"],
  ] as const)
    it(`is what was unpacked, on ${place}`, async () => {
      const from = mkdtempSync(join(tmpdir(), "berth-from-"));
      const context = mkdtempSync(join(parent, "berth-context-"));
      try {
        assert.equal(statSync(from).dev === statSync(context).dev, parent === tmpdir());
        mkdirSync(join(from, "bin"));
        writeFileSync(join(from, "bin", "nexus"), "#!/bin/sh\n", { mode: 0o755 });
        await linkOrCopy(from, join(context, "nexus"));
        assert.deepEqual(readdirSync(context, { recursive: true }).sort(), [
          "nexus",
          "nexus/bin",
          "nexus/bin/nexus",
        ]);
        assert.equal(statSync(join(context, "nexus", "bin", "nexus")).mode & 0o777, 0o755);
      } finally {
        for (const folder of [from, context]) rmSync(folder, { recursive: true });
      }
    });
});

describe("the connector in Nexus's image", () => {
  it("is the same from whichever folder it is made, so that the image isn't made again", () => {
    const source = join(__dirname, "..", "..", "nexus", "build.ts");
    const print = `require(${JSON.stringify(source)}).bundleConnector().then((text) => process.stdout.write(text))`;
    const [here, elsewhere] = [process.cwd(), tmpdir()].map((cwd) =>
      execFileSync(process.execPath, ["--require", require.resolve("tsx/cjs"), "--eval", print], {
        cwd,
        encoding: "utf8",
      }),
    );
    assert.equal(here, elsewhere);
  });
});
