import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, root, run, sandboxEnv, start } from "./sandbox";

const COPIED = ["automation", "components", "index.ts", "package.json", "tsconfig.json", "Pulumi.yaml"];
const LINKED = ["node_modules", "sdks"];

/** Another team: a clone of its own, with a backend and a passphrase of its own, on the sandbox's Docker hosts. */
export class Team {
  readonly directory = mkdtempSync(join(tmpdir(), "berth-team-"));
  readonly project = join(this.directory, "project");

  /**
   * @param stackFile of the stack dev
   * @param backend its state; a folder of its own where none is given
   */
  constructor(
    stackFile: string,
    private readonly backend?: string,
  ) {
    for (const folder of ["project", "state"]) mkdirSync(join(this.directory, folder));
    for (const name of COPIED) cpSync(join(root, name), join(this.project, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(root, name), join(this.project, name));
    writeFileSync(join(this.project, "Pulumi.dev.yaml"), stackFile);
  }

  get env(): NodeJS.ProcessEnv {
    const env = sandboxEnv();
    if (this.backend !== undefined) return env;
    const { PULUMI_CONFIG_PASSPHRASE_FILE: _, ...others } = env;
    return {
      ...others,
      PULUMI_BACKEND_URL: `file://${join(this.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "another team's",
    };
  }

  berth(...args: string[]): Promise<Ran> {
    return run(this.command(args), this.env, this.project);
  }

  start(...args: string[]) {
    return start(this.command(args), this.env, this.project);
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.project, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private command(args: readonly string[]): string[] {
    return [process.execPath, join(this.project, "automation", "berth.cjs"), ...args];
  }
}
