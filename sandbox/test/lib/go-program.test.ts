import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { goProgram } from "../../lib/go-program";

/** Writes down each build, and makes the program a little later. */
const GO = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/asked"
[ "$2" != download ] || echo "{\\"GoMod\\": \\"$here/go.mod\\"}"
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

  it("takes modules that its own keeps in its repository as they are published, and knows its version", async () => {
    const module = "example.test/big";
    writeFileSync(
      join(folder, "go.mod"),
      "replace (\n\texample.test/api => ./staging/src/example.test/api\n\texample.test/fork => example.test/other v1.0.0\n)\n",
    );
    await goProgram(
      cache,
      {
        package: `${module}/cmd/server`,
        version: "v1.36.3",
        variables: { "example.test/version.minor": "36" },
        staging: { module, version: "v0.36.3" },
      },
      () => undefined,
    );
    const asked = readFileSync(join(folder, "asked"), "utf8");
    assert.match(asked, /^mod edit -replace=example\.test\/api=example\.test\/api@v0\.36\.3$/m);
    assert.match(asked, /^build -trimpath -ldflags -s -w -X example\.test\/version\.minor=36 -o /m);
  });

  it("is built once where two want it at once, and leaves nothing else in the cache", async () => {
    const program = { package: "example.test/cmd/tool", version: "v1.0.0" };
    const files = await Promise.all([1, 2].map(() => goProgram(cache, program, () => undefined)));
    const expected = join(cache, "tool-v1.0.0", "tool");
    assert.deepEqual(files, [expected, expected]);
    assert.equal(readFileSync(expected, "utf8"), "program\n");
    const asked = readFileSync(join(folder, "asked"), "utf8");
    assert.equal(asked.match(/ example\.test\/cmd\/tool$/gm)?.length, 1);
    assert.deepEqual(
      readdirSync(cache).filter((name) => name.startsWith("tool")),
      ["tool-v1.0.0"],
    );
  });
});
