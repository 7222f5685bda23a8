import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Finding } from "../../../automation/doctor/finding";
import { feed } from "../feed";
import { type Ran, root, start } from "./sandbox";

export type Found = Readonly<Record<string, Finding>>;

export interface Typed {
  /** Lines of a shell before doctor is asked, in the same shell. */
  readonly lines?: string;
  /** What is typed where they ask for something. */
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stack?: string;
  /** What the shell itself is run by, such as `unshare --mount`. */
  readonly under?: readonly string[];
}

export interface Ill {
  /** What doctor says of it. */
  readonly wrong: RegExp;
  /** @default fail */
  readonly state?: Finding["state"];
  /** What people do beside the advice, as its remark says: lines of the shell. */
  readonly beside?: string;
  /** The same where it comes first, as what is said of it asks for. */
  readonly before?: string;
  /** What doctor calls it once it is right, where that is another name. */
  readonly right?: string;
}

/** As much of Pulumi's CLI as doctor asks of one whose stacks were never updated. @param states folder that it keeps them in */
export const pulumiStub = (states: string, version = "v3.274.1") => `case "$*" in
version) echo ${version};;
"plugin ls"*) echo '[]';;
whoami*) echo '{"url":"file://${states}"}';;
stack*) echo "error: no stack named 'dev' found" >&2; exit 255;;
*) echo "not in the script: $*" >&2; exit 1;;
esac`;

/** A shell in which `berth` is this checkout's. What doctor advises is typed there as it is printed, and doctor is asked again. */
export class DoctorShell {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-advice-"));
  private readonly bin = join(this.folder, "bin");
  private asked = 0;
  /** What the last lines said, for messages. */
  said = "";

  constructor(private readonly berth = join(root, "automation", "berth.cjs")) {
    chmodSync(this.folder, 0o755); // for another user
    mkdirSync(this.bin);
    this.program("berth", `exec '${process.execPath}' '${this.berth}' "$@"`);
    this.program("sudo", 'exec "$@"');
  }

  /** Puts a program on the PATH, before all others. */
  program(name: string, lines: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  /** The PATH as if a program weren't installed: of the folders that have it there are copies, by links, without it. */
  pathWithout(program: string): string {
    const folders = (process.env["PATH"] ?? "").split(delimiter);
    const without = folders.map((folder, at) => {
      if (!existsSync(join(folder, program))) return folder;
      const copy = join(this.folder, `path-${at}`);
      mkdirSync(copy);
      for (const name of readdirSync(folder))
        if (name !== program) symlinkSync(join(folder, name), join(copy, name));
      return copy;
    });
    return without.join(delimiter);
  }

  /** @returns what doctor finds after these lines */
  async found({ lines = ":", input, env, cwd, stack = "dev", under = [] }: Typed = {}): Promise<Found> {
    const answer = join(this.folder, `findings-${this.asked++}.json`);
    const script = `${lines}\nexec </dev/null\nberth doctor ${stack} --json >'${answer}'`;
    const ran = await this.run([...under, "bash", "-c", script], { env, cwd, input });
    this.said = ran.stdout + ran.stderr;
    const text = readFileSync(answer, "utf8");
    assert.match(text, /^\{/, this.said);
    const { findings }: { findings: Finding[] } = JSON.parse(text);
    return Object.fromEntries(findings.map((one) => [one.what, one]));
  }

  /** Finds all of these wrong at once, types what is advised for each, in this order, and finds them right. */
  async cures(ills: Readonly<Record<string, Ill>>, typed: Typed = {}): Promise<void> {
    const before = await this.found({ ...typed, lines: ":" });
    const advised = Object.entries(ills).map(
      ([what, { wrong, state = "fail", before: first = ":", beside = ":" }]) => {
        const found = before[what];
        assert.deepEqual([what, found?.state], [what, state], JSON.stringify(before, null, 1) + this.said);
        assert.match(found!.text, wrong);
        assert.ok(found!.advice, `${what} has no advice`);
        return [first, found!.advice, beside].join("\n");
      },
    );
    const after = await this.found({ ...typed, lines: advised.join("\n") });
    for (const [what, { right = what }] of Object.entries(ills))
      assert.deepEqual(
        [right, after[right]?.state],
        [right, "ok"],
        `${JSON.stringify(after[right])}
${this.said.slice(-3000)}`,
      );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(command: string[], { env = {}, cwd = this.folder, input }: Typed): Promise<Ran> {
    const PATH = [this.bin, env["PATH"] ?? process.env["PATH"]].join(delimiter);
    const { child, ended } = start(command, { HOME: this.folder, ...env, PATH }, cwd);
    feed(child, input);
    return ended;
  }
}
