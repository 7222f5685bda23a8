import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openStack } from "../../../../automation/stack/open-stack";
import { withVariables } from "../../../support/docker/other-docker";

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
      DOCKER_HOST: "tcp://docker:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: "/certs/client",
      DOCKER_CONTEXT: "farm",
      DOCKER_CONFIG: "/job/docker",
    };
    const PATH = `${folder}${delimiter}${process.env["PATH"]}`;
    await withVariables({ ...job, PATH }, async () => {
      const { stack } = await openStack("dev");
      await stack.history(1).catch(() => []); // what is asked of it doesn't matter here
      assert.equal(process.env["DOCKER_HOST"], job.DOCKER_HOST, "the program still knows who builds");
    });
    const started = readFileSync(join(folder, "stack-history.env"), "utf8").split("\n");
    const docker = started.filter((line) => line.startsWith("DOCKER_")).sort();
    assert.deepEqual(
      docker.filter((line) => !line.endsWith("=")),
      ["DOCKER_CONFIG=/job/docker"],
    );
  });

  it("asks the engine for its version and the state, and no more where that is there", async () => {
    assert.deepEqual(await asked(`[ "$2" = export ] && echo '{"deployment":null}'; exit 0`), [
      "stack export --stack dev",
      "version",
    ]);
  });

  it("makes a stack that has a file and that the backend doesn't know", async () => {
    const unknown = `case "$2" in export|select) echo "error: no stack named 'dev' found" >&2; exit 255;; esac; exit 0`;
    assert.deepEqual(await asked(unknown), [
      "stack export --stack dev",
      "stack init dev --non-interactive",
      "stack select --stack dev --non-interactive",
      "version",
    ]);
  });

  it("says what the engine said where it can't tell the state", async () => {
    const away = `[ "$2" = export ] && { echo "error: PULUMI_ACCESS_TOKEN must be set for login" >&2; exit 255; }; exit 0`;
    await assert.rejects(asked(away), {
      name: "CommandError",
      message:
        "Opening the stack dev: PULUMI_ACCESS_TOKEN must be set for login\n" +
        "berth doctor dev says what is missing, and what to do about it.",
    });
  });

  /** Opens dev with an engine of that shell script. @returns how the engine was called, in the order of the alphabet */
  async function asked(script: string): Promise<string[]> {
    const place = mkdtempSync(join(folder, "engine-"));
    const cli = join(place, "pulumi");
    const version = `[ "$1" = version ] && echo v3.999.0`;
    writeFileSync(cli, `#!/bin/sh\necho "$*" >> ${place}/calls\n${version}\n${script}\n`);
    chmodSync(cli, 0o755);
    await withVariables({ PATH: `${place}${delimiter}${process.env["PATH"]}` }, () => openStack("dev"));
    return readFileSync(join(place, "calls"), "utf8").trim().split("\n").sort();
  }
});
