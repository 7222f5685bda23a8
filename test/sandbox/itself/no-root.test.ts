import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root, run, whyNoSandbox } from "../../support/stack/sandbox";
import { pulumiRoot } from "../../support/stack/sandbox-pulumi";

const NOBODY = "65534";

describe("the demo where no Docker can run", () => {
  let checkout: string;
  let temporary: string;

  before(function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`  skipped: becoming somebody who is not root needs root: ${why}`);
      this.skip();
    }
    checkout = mkdtempSync(join(tmpdir(), "berth-nobody-"));
    const list = ["-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    for (const file of execFileSync("git", list, { encoding: "utf8" }).split("\0").filter(Boolean)) {
      cpSync(join(root, file), join(checkout, file));
    }
    execFileSync("git", ["init", "--quiet", checkout]);
    temporary = mkdtempSync(join(tmpdir(), "berth-nobodys-"));
    execFileSync("chown", ["--recursive", "--no-dereference", `${NOBODY}:${NOBODY}`, checkout, temporary]);
    // Not a link to the folder: this checkout may lie where only root may look.
    execFileSync("sh", [
      "-c",
      'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"',
      join(root, "node_modules"),
      checkout,
    ]);
  });
  after(() => {
    for (const folder of [checkout, temporary]) if (folder) rmSync(folder, { recursive: true });
  });

  it("says why, shows the preview of the dev stack and exits 1", async () => {
    const nobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    // Somebody who has Pulumi's CLI: as bare as it is where it was built from its sources.
    cpSync(join(pulumiRoot, "bin", "pulumi"), join(checkout, "cli", "pulumi"));
    const env = {
      PATH: `${join(checkout, "cli")}${delimiter}${process.env["PATH"]}`,
      HOME: checkout,
      TMPDIR: temporary, // /tmp may be root's alone
    };
    const ran = await run(
      [...nobody, process.execPath, "--require", "tsx/cjs", "sandbox/demo.ts"],
      env,
      checkout,
    );
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /the sandbox must be run as root/);
    assert.match(ran.stderr, /^Pulumi CLI: real \(\d+\.\d+\.\d+, on the PATH: .*\/cli\/pulumi\)$/m);
    assert.match(ran.stderr, /^create +Nexus: container$/m);
    assert.match(ran.stderr, /^ +\+ name: "127\.0\.0\.1:8083\/library\/python:3\.11-slim"$/m);
    assert.match(ran.stderr, /changes: \d+ create/);
  });
});
