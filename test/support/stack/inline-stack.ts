import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineEvent, LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import type { TEST_PROJECTS } from "../identity";
import { root } from "./sandbox";
import { pulumiEnvironment, pulumiRoot } from "./sandbox-pulumi";

/** "berth" is this repository's own: for tests that make nothing in Docker. */
export type TestProject = (typeof TEST_PROJECTS)[number] | "berth";

export type InlineProgram = () => Promise<void> | void;

/** Operations and how many resources each had: `{ same: 3, update: 1 }`. The stack itself counts as one. */
export type Changes = { readonly [operation: string]: number };

/** What a project folder needs for its dynamic providers to load this repository's code. */
const LINKED = ["components", "node_modules", "package.json", "tsconfig.json"];

/**
 * A Pulumi project in a temporary folder, with a backend of its own, whose programs are functions of the test. The
 * sandbox's Pulumi runs them.
 */
export class InlineProject {
  /** All that the engine said, events included. */
  printed = "";
  private readonly directory = mkdtempSync(join(tmpdir(), "berth-inline-"));

  constructor(private readonly name: TestProject) {
    for (const link of LINKED) symlinkSync(join(root, link), join(this.directory, link));
    for (const folder of ["state", "home"]) mkdirSync(join(this.directory, folder));
    writeFileSync(join(this.directory, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
  }

  /** For the engine, wherever it is called. */
  get environment(): Record<string, string> {
    return {
      PULUMI_BACKEND_URL: `file://${join(this.directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      ...pulumiEnvironment(join(this.directory, "home")),
    };
  }

  async stack(name: string): Promise<InlineStack> {
    const envVars = this.environment;
    const pulumiCommand = await PulumiCommand.get({ root: pulumiRoot });
    const args = { projectName: this.name, stackName: name, program: async () => undefined };
    const stack = await LocalWorkspace.createOrSelectStack(args, {
      workDir: this.directory,
      pulumiCommand,
      envVars,
    });
    // After an `up` it asks for them twice, which costs as much as the rest; these programs have none.
    stack.outputs = async () => ({});
    return new InlineStack(stack, (text) => {
      this.printed += text;
    });
  }

  /** The text of every file that the engine wrote: states, their histories and backups, settings. */
  written(): string {
    const files = readdirSync(this.directory, { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath ?? file.path, file.name), "utf8"))
      .join("\n");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What every dynamic resource has (components/base/dynamic-resource.ts). */
const PROVIDER = {
  __provider: "exports.handler = () => require(process.cwd() + '/components/module-provider.cjs');\n",
};

/** One stack of such a project; every operation takes the program it is to run. */
export class InlineStack {
  constructor(
    private readonly stack: Stack,
    private readonly print: (text: string) => void,
  ) {}

  async up(program: InlineProgram): Promise<Changes> {
    const { summary } = await this.heard((said) =>
      this.stack.up({ ...said, program: async () => program() }),
    );
    return summary.resourceChanges ?? {};
  }

  /** @param refresh looks at the server first, and keeps nothing of what it finds */
  async preview(program: InlineProgram, { refresh = false } = {}): Promise<Changes> {
    const { changeSummary } = await this.heard((said) =>
      this.stack.preview({ ...said, refresh, program: async () => program() }),
    );
    return changeSummary as Changes;
  }

  async refresh(): Promise<Changes> {
    const { summary } = await this.heard((said) => this.stack.refresh(said));
    return summary.resourceChanges ?? {};
  }

  async destroy(): Promise<void> {
    await this.heard((said) => this.stack.destroy(said));
  }

  /** The inputs of every resource as the state has them, secrets in plain text, by resource name. */
  async inputs(): Promise<Map<string, Record<string, unknown>>> {
    const { deployment } = await this.stack.exportStack();
    const resources = (deployment.resources ?? []) as { urn: string; inputs: Record<string, unknown> }[];
    return new Map(
      resources.map(({ urn, inputs }) => [urn.split("::").pop()!, plain(inputs) as Record<string, unknown>]),
    );
  }

  /** The state, as `pulumi stack export` has it. */
  async state(): Promise<{ readonly resources?: readonly never[] }> {
    return (await this.stack.exportStack()).deployment;
  }

  /** Writes a dynamic resource into the state, as if an earlier update had made it. */
  async addDynamic(type: string, name: string, id: string, props: Record<string, unknown>): Promise<void> {
    const { version, deployment } = await this.stack.exportStack();
    const { resources } = deployment as { resources: { urn: string; type: string; id: string }[] };
    const [root] = resources;
    const token = `pulumi-nodejs:dynamic/${type}`;
    const provider = resources.find((one) => one.type === "pulumi:providers:pulumi-nodejs");
    const place = root!.urn.replace(/::pulumi:pulumi:Stack::.*$/, "");
    const added = provider
      ? []
      : [
          {
            urn: `${place}::pulumi:providers:pulumi-nodejs::default`,
            custom: true,
            id: "older",
            type: "pulumi:providers:pulumi-nodejs",
          },
        ];
    const { urn, id: own } = provider ?? added[0]!;
    const resource = {
      urn: `${place}::${token}::${name}`,
      custom: true,
      id,
      type: token,
      parent: root!.urn,
      inputs: { ...props, ...PROVIDER },
      outputs: { ...props, ...PROVIDER },
      provider: `${urn}::${own}`,
    };
    await this.stack.importStack({
      version,
      deployment: { ...deployment, resources: [...resources, ...added, resource] },
    });
  }

  /** Forgets it, and leaves what it made where it is. */
  async forget(): Promise<void> {
    await this.stack.workspace.removeStack(this.stack.name, { force: true });
  }

  /** @throws what the operation failed with; that was said, too */
  private async heard<T>(operation: (said: Said) => Promise<T>): Promise<T> {
    const print = (text: string) => this.print(text);
    try {
      return await operation({
        onOutput: print,
        onError: print,
        // Nobody is shown debug messages, in which Pulumi's SDK has all that it sends, secrets too.
        onEvent: (event) =>
          String(event.diagnosticEvent?.severity) !== "debug" && print(`\n${JSON.stringify(event)}\n`),
      });
    } catch (error) {
      print(String((error as Error).message));
      throw error;
    }
  }
}

/** A secret in an export is an object of this and its JSON text. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("plaintext" in value) return plain(JSON.parse(String(value.plaintext)));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

interface Said {
  onOutput(text: string): void;
  onError(text: string): void;
  onEvent(event: EngineEvent): void;
}
