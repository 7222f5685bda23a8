import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { defaultPlaces } from "../../sandbox/lib/places";
import { pulumiBin, pulumiPlaces } from "../../sandbox/pulumi/install/pulumi-places";
import type { Contender, Timing } from "./contender";
import type { Action, Task } from "./shape";
import { timed } from "./timed";

const repository = join(__dirname, "..", "..");
/** The dynamic providers load their kinds from the project's folder. */
const LINKED = ["bench", "components", "node_modules", "package.json", "tsconfig.json"];

/** An inline program by the Automation API, in a project of its own with a file backend. */
export class PulumiContender implements Contender {
  readonly name: string;
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-bench-pulumi-"));
  private readonly task = join(this.directory, "task.json");
  private readonly env: NodeJS.ProcessEnv;

  /** @param flavour with "no-op", resources that ask no server */
  constructor(private readonly flavour: "nexus" | "no-op" = "nexus") {
    for (const entry of LINKED) symlinkSync(join(repository, entry), join(this.directory, entry));
    for (const folder of ["state", "home"]) mkdirSync(join(this.directory, folder));
    const project = "name: bench-nexus\nruntime: nodejs\ndescription: bench/nexus\n";
    writeFileSync(join(this.directory, "Pulumi.yaml"), project);
    this.env = {
      ...process.env,
      // The engine is the `pulumi` on the path; where there is none, the sandbox's.
      PATH: [process.env["PATH"], pulumiBin(pulumiPlaces(defaultPlaces))].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(this.directory, "state")}`,
      PULUMI_HOME: join(this.directory, "home"),
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    this.name = `Pulumi ${timed("pulumi", ["version"], this.directory, this.env).stdout.trim()}`;
  }

  prepare(task: Task): void {
    writeFileSync(this.task, JSON.stringify(task), { mode: 0o600 });
  }

  run(action: Action): Timing {
    const args = [join(repository, "bench", "nexus", "pulumi-step.cjs"), action, this.task, this.flavour];
    const { seconds, processor, stdout } = timed(process.execPath, args, this.directory, this.env);
    return { whole: seconds, processor, inside: Number(stdout) };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
