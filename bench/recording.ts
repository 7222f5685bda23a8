import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WholeLines } from "../automation/terminal/report";
import { copy, root, sandboxEnv } from "../test/support/stack/sandbox";
import { Terminal } from "../test/support/story/terminal";
import { animatedSvg, type Frame } from "./recording/animated-svg";
import { runBench } from "./run-bench";

/** `npm run docs:recordings`: docs/demo.svg and docs/up.svg, as a terminal of 100 columns shows the demo and the update after it. */
const COLUMNS = 100;

async function main(): Promise<void> {
  await record("demo.svg", "npm run demo", root, process.env);
  newVersion();
  await record("up.svg", "npx berth up dev", copy, sandboxEnv());
}

/** Something to deploy, as a developer would have it. */
function newVersion(): void {
  const file = join(copy, "app", "VERSION");
  writeFileSync(file, `${readFileSync(file, "utf8").trim()}.1\n`);
  const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
  execFileSync("git", ["-C", copy, ...who, "commit", "--quiet", "--all", "--message", "A new version"]);
}

/** On a terminal that `script` of util-linux opens. @throws Error where the command fails */
async function record(file: string, command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const terminal = new Terminal(COLUMNS);
  terminal.write(`$ ${command}\n`);
  const frames: Frame[] = [{ at: 0, lines: terminal.shown }];
  const began = Date.now();
  const sized = `stty cols ${COLUMNS} rows 60; exec ${command}`;
  const child = spawn("script", ["--quiet", "--return", "--command", sized, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm", npm_config_loglevel: "silent" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = new WholeLines((text) => {
    terminal.write(text);
    frames.push({ at: (Date.now() - began) / 1000, lines: terminal.shown });
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => lines.add(text));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  lines.end();
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${terminal.shown.join("\n")}`);
  writeFileSync(join(root, "docs", file), animatedSvg(frames, COLUMNS, command));
  console.log(`docs/${file}: ${Math.round((Date.now() - began) / 1000)} s`);
}

runBench(main);
