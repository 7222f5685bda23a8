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
  /** In what it shares with POSIX's extended regular expressions. */
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

/** A shell, as a run asks it up to ten times, and another Node takes longer to start than it takes to answer. */
const ENGINE = `#!/bin/bash
folder="\${0%/*}"
printf '%s\\n' "$*" >>"$folder/calls"
for answer in "$folder"/answers/*; do
  [[ "$*" =~ $(<"$answer/to") ]] || continue
  cat "$answer/stdout"
  cat "$answer/stderr" >&2
  exit "$(<"$answer/code")"
done
echo "error: not in the script: $*" >&2
exit 1
`;

/** What the program is made of; tsconfig.json decides how it is compiled. */
const SOURCES = ["automation", "components", "index.ts", "package.json", "sdks", "tsconfig.json"];

/** The sources in a folder, for all projects of this process in turn: what was compiled of them there is found again. */
let shared: { readonly directory: string; readonly base: string; isTaken: boolean } | undefined;

/**
 * The program of this repository as another team's project, and an engine that gives prepared answers. There is one at a
 * time in a process: the next comes after `remove`.
 */
export class ScriptedProject {
  private readonly place = sharedSources();
  private readonly directory = this.place.directory;
  readonly path = join(this.directory, "project");

  /** @param files by their names: Pulumi.yaml, the stacks' and others */
  constructor(files: Readonly<Record<string, string>>) {
    if (this.place.isTaken) throw new Error("There is another scripted project: remove it first.");
    this.place.isTaken = true;
    for (const folder of ["bin", "home"]) mkdirSync(join(this.directory, folder));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    writeFileSync(join(this.directory, "bin", "pulumi"), ENGINE);
    chmodSync(join(this.directory, "bin", "pulumi"), 0o755);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "The project");
  }

  /** Runs `berth` beside that engine. */
  berth(args: string[], answers: readonly EngineAnswer[] = []): Promise<Ran> {
    this.writeAnswers([...answers, ...ALWAYS]);
    rmSync(this.log, { force: true });
    const command = [process.execPath, join(this.path, "automation", "berth.cjs"), ...args];
    const env = {
      PATH: `${join(this.directory, "bin")}${delimiter}${process.env.PATH}`,
      CI: "",
      HOME: join(this.directory, "home"),
      PULUMI_HOME: join(this.directory, "home"),
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
    return gitIn(this.path, ...args);
  }

  /** Leaves the sources as they are, down to their times. */
  remove(): void {
    for (const folder of ["bin", "home"])
      rmSync(join(this.directory, folder), { recursive: true, force: true });
    this.git("reset", "--quiet", "--hard", this.place.base);
    this.git("clean", "--quiet", "-ffdx", "--exclude", "/node_modules");
    this.place.isTaken = false;
  }

  private writeAnswers(answers: readonly EngineAnswer[]): void {
    const folder = join(this.directory, "bin", "answers");
    rmSync(folder, { recursive: true, force: true });
    for (const [at, { to, stdout = "", stderr = "", code = 0 }] of answers.entries()) {
      const parts = { to: to.source, stdout, stderr, code: String(code) };
      const place = join(folder, String(at).padStart(2, "0"));
      mkdirSync(place, { recursive: true });
      for (const [part, text] of Object.entries(parts)) writeFileSync(join(place, part), text);
    }
  }

  private get log(): string {
    return join(this.directory, "bin", "calls");
  }
}

function sharedSources() {
  shared ??= copySources();
  return shared;
}

function copySources() {
  const directory = mkdtempSync(join(tmpdir(), "berth-shared-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "project");
  for (const name of SOURCES) cpSync(join(root, name), join(path, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
  writeFileSync(join(path, ".gitignore"), "node_modules\n");
  gitIn(path, "init", "--quiet");
  gitIn(path, "add", "--all");
  gitIn(path, "commit", "--quiet", "--message", "The program");
  return { directory, base: gitIn(path, "rev-parse", "HEAD"), isTaken: false };
}

function gitIn(path: string, ...args: string[]): string {
  const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
  return execFileSync("git", ["-C", path, ...who, ...args], { encoding: "utf8" }).trim();
}
