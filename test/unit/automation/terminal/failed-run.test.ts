import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { runCli } from "../../../../automation/cli";
import { defineCommand, verboseOption } from "../../../../automation/terminal/command";
import { CommandError, Exit, type ExitCode } from "../../../../automation/terminal/exit";
import { knownSecrets } from "../../../../automation/terminal/known-secrets";

const SECRET = "planted-word-of-the-engine-5150";

describe("a run of which the engine says something", () => {
  let folder: string;
  const before = process.env["XDG_STATE_HOME"];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-run-"));
    process.env["XDG_STATE_HOME"] = folder;
    knownSecrets.keep(SECRET);
  });
  afterEach(() => {
    if (before === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = before;
    rmSync(folder, { recursive: true });
  });

  /** @returns how it ends, and what people get to see */
  async function ran(exit: ExitCode, ...args: string[]): Promise<{ code: ExitCode; said: string }> {
    const up = defineCommand({
      name: "up",
      summary: "s",
      effect: "changes the stack",
      options: [verboseOption],
      example: "berth up",
      run: async ({ report }) => {
        report.engine(`Updating (dev):\n +  blog-image creating ${SECRET.slice(0, 9)}`);
        report.engine(`${SECRET.slice(9)} (0s)\n`);
        if (exit !== Exit.done) throw new CommandError("it didn't work.", exit);
        return exit;
      },
    });
    let said = "";
    const write = mock.method(process.stderr, "write", (text: string) => {
      said += text;
      return true;
    });
    try {
      return { code: await runCli(["node", "berth", "up", ...args], [up]), said };
    } finally {
      write.mock.restore();
    }
  }

  it("says where that is when it has failed, without secrets, and nothing else of it", async () => {
    const { code, said } = await ran(Exit.failed);
    const [name] = readdirSync(join(folder, "berth", "log"));
    const file = join(folder, "berth", "log", name!);
    assert.deepEqual([code, said], [1, `berth: it didn't work.\nThe engine's own text: ${file}\n`]);
    assert.equal(readFileSync(file, "utf8"), "Updating (dev):\n +  blog-image creating *** (0s)\n");
  });

  it("says nothing of it where it ended well, or was refused for what berth found", async () => {
    assert.deepEqual(await ran(Exit.done), { code: 0, said: "" });
    for (const exit of [Exit.usage, Exit.differs, Exit.locked])
      assert.deepEqual(await ran(exit), { code: exit, said: "berth: it didn't work.\n" });
  });

  it("says all of it with --verbose", async () => {
    const { said } = await ran(Exit.done, "--verbose");
    assert.equal(said, "Updating (dev):\n +  blog-image creating *** (0s)\n");
  });
});
