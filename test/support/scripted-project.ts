import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Ran, root, run } from "./sandbox";

/** What the engine answers to calls whose arguments match; the first that does counts. */
export interface EngineAnswer {
  readonly to: RegExp;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

/** What every run asks before it comes to the point. */
const ALWAYS: readonly EngineAnswer[] = [
  { to: /^version/, stdout: "v3.274.1\n" },
  { to: /^stack (init|select)/ },
  { to: /^stack export/, stdout: '{"version":3,"deployment":null}' },
  { to: /^stack output/, stdout: "{}" },
];

const ENGINE = `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2).join(" ");
appendFileSync(__dirname + "/calls", args + "\\n");
const answers = JSON.parse(readFileSync(__dirname + "/answers.json", "utf8"));
const found = answers.find(({ to }) => new RegExp(to).test(args));
process.stdout.write(found?.stdout ?? "");
process.stderr.write(found ? found.stderr ?? "" : "error: not in the script: " + args + "\\n");
process.exitCode = found ? found.code ?? 0 : 1;
`;

/** The program of this repository as another team's project, and an engine that gives prepared answers. */
export class ScriptedProject {
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-scripted-"));
  readonly path = join(this.directory, "project");

  /** @param files by their names: Pulumi.yaml, the stacks' and others */
  constructor(files: Readonly<Record<string, string>>) {
    for (const folder of ["project", "bin", "home"]) mkdirSync(join(this.directory, folder));
    for (const name of ["automation", "components", "index.ts", "package.json"])
      cpSync(join(root, name), join(this.path, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(this.path, "node_modules"));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    writeFileSync(join(this.path, ".gitignore"), "node_modules\n");
    writeFileSync(join(this.directory, "bin", "pulumi"), ENGINE);
    chmodSync(join(this.directory, "bin", "pulumi"), 0o755);
    this.git("init", "--quiet");
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "The project");
  }

  /** Runs `berth` beside that engine. */
  berth(args: string[], answers: readonly EngineAnswer[] = []): Promise<Ran> {
    const all = [...answers, ...ALWAYS].map(({ to, ...answer }) => ({ ...answer, to: to.source }));
    writeFileSync(join(this.directory, "bin", "answers.json"), JSON.stringify(all));
    rmSync(this.log, { force: true });
    const command = [process.execPath, join(this.path, "automation", "berth.cjs"), ...args];
    const env = {
      ...{ PATH: `${join(this.directory, "bin")}${delimiter}${process.env.PATH}`, CI: "" },
      ...{ HOME: join(this.directory, "home"), PULUMI_HOME: join(this.directory, "home") },
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };
    return run(command, env, this.path);
  }

  /** What the engine was asked in the last run, a line each. */
  get calls(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.path, name, ".."), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  /** What git sees changed, ignored files too. */
  changes(): string {
    return this.git("status", "--porcelain", "--ignored", "--", ".", ":!node_modules");
  }

  git(...args: string[]): string {
    const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
    return execFileSync("git", ["-C", this.path, ...who, ...args], { encoding: "utf8" }).trim();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get log(): string {
    return join(this.directory, "bin", "calls");
  }
}
