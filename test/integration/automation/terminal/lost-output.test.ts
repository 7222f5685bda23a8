import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiledSources } from "../../../support/compiled-sources";

/** Gives a command a terminal of its own, takes that away once the command has said that it works, and prints how it ended. */
const TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
said = b""
while b"working" not in said:
    said += os.read(terminal, 1000)
os.close(terminal)
print(os.waitpid(pid, 0)[1])
`;

describe("a run whose output nobody reads any more", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-lost-"));
  after(() => rmSync(folder, { recursive: true }));

  /** The process and its output so far; `run` is the body of a command's run. */
  function scriptOf(command: string, run: string): string[] {
    const script = `
      const { runCli, stopOnSignals } = require("${compiledSources("automation/cli", "automation/terminal/stop-signals")}");
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const command = { name: "it", summary: "s", effect: "changes the stack", example: "e", ${command}
        async run({ report }) { ${run} } };
      runCli(["node", "berth", "it"], [command]).then((code) => { process.exitCode = code; });`;
    writeFileSync(join(folder, "script.cjs"), script);
    return [join(folder, "script.cjs")];
  }
  const ended = () => readFileSync(join(folder, "ended"), "utf8");
  const end = `require("node:fs").writeFileSync("${folder}/ended", "in good order");`;

  it("goes on, and ends by the signal of a lost terminal before Node would abort because of that", async () => {
    const args = scriptOf(
      "",
      `const stop = stopOnSignals(() => "stopped");
       process.stdout.write("working\\n");
       const work = setInterval(() => {}, 1000); // waiting for a signal alone keeps no process alive
       await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
       clearInterval(work);
       for (let line = 0; line < 5; line++) { report.say("line"); report.data("line", () => "line"); await pause(20); }
       stop.release();
       ${end}
       return 0;`,
    );
    const child = spawn("python3", ["-c", TERMINAL, process.execPath, ...args], { cwd: folder });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk;
      });
    await once(child, "close");
    assert.equal(said.trim(), "1", "SIGHUP, and no core file (SIGABRT would be 6 or 134)");
    assert.equal(ended(), "in good order");
  });

  it("ends, without a trace of where it was, if it only shows what comes", async () => {
    const args = scriptOf(
      "untilUnread: true,",
      `for (;;) { report.line("working", () => "working"); await pause(20); }`,
    );
    const child = spawn(process.execPath, args, { cwd: folder });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code] = await once(child, "exit");
    assert.deepEqual([code, errors], [1, ""]);
  });
});
