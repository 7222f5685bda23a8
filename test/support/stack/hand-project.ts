import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Ran, root, run, start } from "./sandbox";
import { pulumiEnvironment } from "./sandbox-pulumi";

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
}

/** A step of a preview, `create one`. */
type Step = string;

/** A project of its own in a temporary folder, for `pulumi` as people type it. */
export class HandProject {
  readonly directory = mkdtempSync(join(tmpdir(), "berth-hand-"));

  /** @param settings of Pulumi.yaml, beside the name */
  constructor(settings = "runtime: { name: nodejs, options: { typescript: false } }\n") {
    mkdirSync(join(this.directory, "state"));
    symlinkSync(join(root, "node_modules"), join(this.directory, "node_modules"));
    this.write("Pulumi.yaml", `name: by-hand\n${settings}`);
    this.write("package.json", "{}\n");
  }

  write(file: string, text: string): void {
    const path = join(this.directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** The program: JavaScript, with `pulumi`, `docker`, `command` and `random` at hand. */
  program(text: string, file = "index.js"): void {
    const packages = ["pulumi", "docker", "command", "random"];
    this.write(
      file,
      `${packages.map((name) => `const ${name} = require("@pulumi/${name}");\n`).join("")}${text}`,
    );
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...pulumiEnvironment(join(this.directory, "home")),
      PULUMI_BACKEND_URL: `file://${join(this.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "by hand",
    };
  }

  pulumi(...args: string[]): Promise<Ran> {
    return run(["pulumi", ...args, "--non-interactive"], this.environment, this.directory);
  }

  /** Leaves it running. */
  begin(...args: string[]) {
    return start(["pulumi", ...args, "--non-interactive"], this.environment, this.directory);
  }

  up(...args: string[]): Promise<Ran> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  }

  /** What an update would do, but for what stays the same and the engine's own. @throws Error with what was said */
  async planned(...args: string[]): Promise<Step[]> {
    const { code, stdout, stderr } = await this.pulumi("preview", "--json", "--stack", "dev", ...args);
    if (code !== 0) throw new Error(stdout + stderr);
    const { steps } = JSON.parse(stdout) as { steps: { op: string; urn: string }[] };
    return steps
      .filter(({ op, urn }) => !["same", "refresh"].includes(op) && !/::pulumi:(pulumi|providers):/.test(urn))
      .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`)
      .sort();
  }

  /** As the state's file has them, by name; the engine's own are left out. */
  get resources(): Map<string, Resource> {
    const file = join(this.directory, "state", ".pulumi", "stacks", "by-hand", "dev.json");
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8"));
    const all = (checkpoint.latest.resources ?? []) as Resource[];
    const own = all.filter(({ type }) => !type.startsWith("pulumi:"));
    return new Map(own.map((resource) => [resource.urn.split("::").at(-1)!, resource]));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
