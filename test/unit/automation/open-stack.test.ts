import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openStack } from "../../../automation/open-stack";
import { withVariables } from "../../support/other-docker";

describe("opening a stack", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-open-"));
  const cwd = process.cwd();
  after(() => {
    process.chdir(cwd);
    rmSync(folder, { recursive: true });
  });

  it("keeps what the environment says of Docker from the engine and its plugins", async () => {
    const cli = join(folder, "pulumi");
    // In place of the engine: notes what it was started with.
    writeFileSync(
      cli,
      `#!/bin/sh\nenv > ${folder}/$1-$2.env\n[ "$1" = version ] && echo v3.999.0\n[ "$2" = export ] && echo '{"deployment":null}'\nexit 0\n`,
    );
    chmodSync(cli, 0o755);
    const job = {
      ...{ DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs/client" },
      ...{ DOCKER_CONTEXT: "farm", DOCKER_CONFIG: "/job/docker" },
    };
    const PATH = `${folder}${delimiter}${process.env["PATH"]}`;
    await withVariables({ ...job, PATH }, async () => {
      await openStack("dev");
      assert.equal(process.env["DOCKER_HOST"], job.DOCKER_HOST, "the program still knows who builds");
    });
    const started = readFileSync(join(folder, "stack-select.env"), "utf8").split("\n");
    const docker = started.filter((line) => line.startsWith("DOCKER_")).sort();
    assert.deepEqual(
      docker.filter((line) => !line.endsWith("=")),
      ["DOCKER_CONFIG=/job/docker"],
    );
  });
});
