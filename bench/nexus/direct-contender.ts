import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender, Timing } from "./contender";
import type { Action, Task } from "./shape";
import { timed } from "./timed";

/** The providers without Pulumi: what they take is HTTP's and Nexus's. */
export class DirectContender implements Contender {
  readonly name = "providers alone";
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-bench-direct-"));
  private readonly task = join(this.directory, "task.json");

  prepare(task: Task): void {
    writeFileSync(this.task, JSON.stringify(task), { mode: 0o600 });
  }

  run(action: Action): Timing | undefined {
    // Pulumi's preview and `up` without changes ask no server.
    if (action === "preview" || action === "up") return undefined;
    const args = ["--require", "tsx/cjs", join(__dirname, "direct-step.ts"), action, this.task];
    const { seconds, processor, stdout } = timed(
      process.execPath,
      args,
      join(__dirname, "..", ".."),
      process.env,
    );
    return { whole: seconds, processor, inside: Number(stdout) };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
