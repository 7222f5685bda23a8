import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Contender, Timing } from "./contender";
import { type Action, sizeOf, type Task } from "./shape";
import { terraformConfiguration } from "./terraform-configuration";
import { timed } from "./timed";

const COMMANDS: { readonly [action in Action]: string[] } = {
  create: ["apply", "-auto-approve"],
  // Exits with 2 where there would be changes.
  preview: ["plan", "-detailed-exitcode"],
  up: ["apply", "-auto-approve"],
  refresh: ["apply", "-refresh-only", "-auto-approve"],
  destroy: ["destroy", "-auto-approve"],
};

/** OpenTofu or Terraform with its provider for Nexus, both binaries of this machine. Its plans read every object. */
export class TerraformContender implements Contender {
  readonly name: string;
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-bench-terraform-"));
  private readonly env: NodeJS.ProcessEnv;
  private objects = 0;

  constructor(
    private readonly binary: string,
    provider: string,
  ) {
    const settings = join(this.directory, "cli.tfrc");
    const overrides = `dev_overrides { "datadrivers/nexus" = ${JSON.stringify(dirname(provider))} }`;
    writeFileSync(settings, `provider_installation {\n  ${overrides}\n  direct {}\n}\n`);
    this.env = {
      ...process.env,
      TF_CLI_CONFIG_FILE: settings,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
    };
    const [first = ""] = timed(binary, ["version"], this.directory, this.env).stdout.split("\n");
    this.name = `${first} + datadrivers/nexus`;
  }

  prepare(task: Task): void {
    this.objects = sizeOf(task.shape);
    const file = join(this.directory, "main.tf.json");
    writeFileSync(file, JSON.stringify(terraformConfiguration(task), null, 2), { mode: 0o600 });
  }

  run(action: Action): Timing {
    const args = [...COMMANDS[action], "-input=false", "-no-color"];
    const { seconds, processor, stdout } = timed(this.binary, args, this.directory, this.env);
    const expected = this.expected(action);
    if (!expected.test(stdout)) throw new Error(`${args.join(" ")} did not say ${expected}:\n${stdout}`);
    return { whole: seconds, processor };
  }

  private expected(action: Action): RegExp {
    if (action === "create") return new RegExp(`${this.objects} added, 0 changed, 0 destroyed`);
    if (action === "destroy") return new RegExp(`${this.objects} destroyed`);
    return /No changes/;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
