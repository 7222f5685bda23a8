import { setTimeout as pause } from "node:timers/promises";
import { runCli } from "../../../automation/cli";
import { engineFailure } from "../../../automation/engine/engine-error";
import { interruptible } from "../../../automation/engine/interruptible";
import type { Facts } from "../../../automation/story/facts";
import { told } from "../../../automation/story/told";
import { defineCommand, verboseOption } from "../../../automation/terminal/command";
import { Exit } from "../../../automation/terminal/exit";
import { begins, ends, FIRST_UP, fails, type Made, says } from "./berth-events";

/**
 * `berth up` as a process of its own, with the engine's events of a first update played to it:
 * `node --require tsx/cjs test/support/story/play.ts up [--verbose]`. With FAILS=blog-image in the environment that resource fails.
 */
const LONGEST_MS = 600;
const FACTS: Facts = { nexus: "3.94.0 at nexus.example.com", apps: ["blog"], servers: ["web1", "web2"] };

const up = defineCommand({
  name: "up",
  summary: "Play an update",
  effect: "read-only",
  options: [verboseOption],
  example: "berth up",
  async run({ report }) {
    const say = (line: string) => report.say(line);
    const tale = { kind: "update", meanwhile: "comparing with what there is", facts: FACTS, report } as const;
    await interruptible({ stack: "dev", changes: true, say }, (run) =>
      told(run, tale, async ({ signal, onEvent }) => {
        for (const made of FIRST_UP) {
          report.engine(` +  ${made.name} creating (0s)\n`);
          onEvent(begins(made));
          if (made.says) onEvent(says(made, made.says));
          await pause(Math.min(made.takes, LONGEST_MS));
          if (made.name === process.env["FAILS"]) throw failure(made, onEvent);
          onEvent(ends(made));
          if (signal.aborted) throw new Error("error: update canceled");
        }
      }).catch((error) => {
        if (run.signal.aborted) throw error;
        return engineFailure(error);
      }),
    );
    report.data({}, () => "blog f342e05a91c0 runs on web1, web2");
    return Exit.done;
  },
});

/** As the Automation API tells it. */
function failure(made: Made, onEvent: (event: ReturnType<typeof fails>) => void): Error {
  const why = "it is not there";
  onEvent(says(made, why, "error"));
  onEvent(fails(made));
  return new Error(
    `code: 1\n stdout: Updating (dev):\nDiagnostics:\n  ${made.type.split("$").at(-1)} (${made.name}):\n    error: ${why}\n\n`,
  );
}

runCli(process.argv, [up]).then((code) => {
  process.exitCode = code;
});
