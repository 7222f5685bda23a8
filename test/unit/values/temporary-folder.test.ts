import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { newTemporaryFolder, temporaryProblem } from "../../../components/values/temporary-folder";
import { inEnvironment } from "../../support/stack/in-environment";

describe("the temporary folder", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-temporary-"));
    writeFileSync(join(folder, "file"), "");
  });
  after(() => rmSync(folder, { recursive: true }));
  const at = <T>(TMPDIR: string, work: () => T) => inEnvironment({ TMPDIR }, async () => work());

  it("is tried by writing, and nothing stays there", async () => {
    assert.equal(await at(folder, temporaryProblem), undefined);
    assert.deepEqual(readdirSync(folder), ["file"]);
    const made = await at(folder, () => newTemporaryFolder("berth-x"));
    assert.ok(existsSync(made) && dirname(made) === folder);
    rmSync(made, { recursive: true });
  });

  it("that isn't there or is no folder is told with the variable that names it, and what to do", async () => {
    const cases = [
      [join(folder, "none"), "isn't there"],
      [join(folder, "file"), "is no folder"],
    ] as const;
    for (const [place, words] of cases) {
      const problem = `the temporary folder ${place} (TMPDIR) ${words}`;
      assert.equal(await at(place, temporaryProblem), problem);
      await assert.rejects(
        at(place, () => newTemporaryFolder("berth-x")),
        { message: `${problem}. Take another one: export TMPDIR="$HOME/tmp" && mkdir -p "$TMPDIR"` },
      );
    }
  });
});
