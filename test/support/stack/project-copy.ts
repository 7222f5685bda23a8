import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, root, run } from "./sandbox";
import { pulumiEnvironment } from "./sandbox-pulumi";

const COPIED = [
  "app",
  "automation",
  "components",
  "index.ts",
  "package.json",
  "tsconfig.json",
  "Pulumi.yaml",
  "Pulumi.dev.yaml",
];
const LINKED = ["node_modules", "sdks"];

/** The project in a folder and with an empty state of its own, for previews: they touch nothing but those. */
export class ProjectCopy {
  readonly passphrase = `passphrase-of-${process.pid}`;
  readonly directory = mkdtempSync(join(tmpdir(), "berth-project-"));
  readonly project = join(this.directory, "project");

  constructor() {
    for (const folder of ["project", "state", "home"]) mkdirSync(join(this.directory, folder));
    for (const name of COPIED) cpSync(join(root, name), join(this.project, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(root, name), join(this.project, name));
    writeFileSync(join(this.project, ".gitignore"), "node_modules\nsdks\n.berth*\n*.crt\n");
    this.git("init", "--quiet");
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "The project");
  }

  /** Runs `berth` with the sandbox's Pulumi. */
  berth(args: string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const command = [process.execPath, join(this.project, "automation", "berth.cjs"), ...args];
    const env = {
      HOME: join(this.directory, "home"),
      ...pulumiEnvironment(join(this.directory, "home")),
      PULUMI_BACKEND_URL: `file://${join(this.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: this.passphrase,
      ...over,
    };
    return run(command, env, this.project);
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.project, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  git(...args: string[]): string {
    const who = ["-c", "user.name=test", "-c", "user.email=test@berth.invalid"];
    return execFileSync("git", ["-C", this.project, ...who, ...args], { encoding: "utf8" }).trim();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
