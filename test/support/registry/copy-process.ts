import { readFileSync } from "node:fs";
import { copyWritten } from "./copy-between";

/** A copy in a process of its own: SOURCE TARGET. Prints its result with the peak of its memory; SIGTERM stops it. */
const [source = "", target = ""] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("told to stop")));

copyWritten({
  source,
  target,
  signal: stop.signal,
  resumeFrom: 1024 * 1024,
  onProgress: ({ bytesDone }) => process.send?.(bytesDone),
}).then(
  (result) => {
    const peak = peakMemory();
    process.stdout.write(JSON.stringify({ ...result, peak }));
    process.disconnect?.();
  },
  (error: Error) => {
    process.stderr.write(error.message);
    process.exitCode = 1;
    process.disconnect?.();
  },
);

/** MB. The usual `maxRSS` is no less than what the parent process had. */
function peakMemory(): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}
