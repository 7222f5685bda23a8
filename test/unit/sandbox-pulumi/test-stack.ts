import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import type { CheckpointJson, ResourceJson } from "../../../sandbox/pulumi/src/backend/checkpoint";
import { FileBackend } from "../../../sandbox/pulumi/src/backend/file-backend";
import type { EngineEvent } from "../../../sandbox/pulumi/src/engine/events";
import {
  Operation,
  type OperationOptions,
  type OperationResult,
} from "../../../sandbox/pulumi/src/engine/operation";
import { manifest } from "../../../sandbox/pulumi/src/engine/snapshot";
import type { Project } from "../../../sandbox/pulumi/src/project/project";
import { Stack } from "../../../sandbox/pulumi/src/project/stack";
import { serve } from "../../../sandbox/pulumi/src/rpc/grpc";
import { PassphraseSecrets } from "../../../sandbox/pulumi/src/secrets/passphrase";

process.env["BERTH_SANDBOX_PROVIDERS"] = `fake=${join(__dirname, "fake-provider.ts")}`;

export type Program = () => Promise<Record<string, unknown> | undefined>;

export interface Run extends OperationResult {
  readonly events: readonly EngineEvent[];
  /** Everything said about resources, with its severity. */
  readonly messages: string;
}

export interface RunOptions extends Partial<OperationOptions> {
  /** Called with every event; may interrupt the run. */
  onEvent?(event: EngineEvent, interrupt: () => void): void;
}

/** What the Automation API serves an inline program with; its types say nothing of it. */
const { LanguageServer } = require("@pulumi/pulumi/automation/server") as {
  LanguageServer: new (program: Program) => { [method: string]: (...args: unknown[]) => unknown };
};

let shared: Promise<PassphraseSecrets> | undefined;

/**
 * A stack whose operations run in this process, programs included, but over the same gRPC as always: what the
 * executable adds is tested where it is run.
 */
export class TestStack {
  private constructor(
    readonly directory: string,
    readonly stack: Stack,
    readonly secrets: PassphraseSecrets,
  ) {}

  static async create(
    project = "test",
    stackName = "dev",
    directory = mkdtempSync(join(tmpdir(), "sandbox-pulumi-")),
  ) {
    // One derivation of the key for all tests: it takes half a second by design.
    shared ??= PassphraseSecrets.create("test");
    process.env["PULUMI_CONFIG_PASSPHRASE"] = "test";
    const secrets = await shared;
    const backend = new FileBackend(`file://${directory}`);
    const stack = new Stack(projectAt(directory, project), backend, { project, stack: stackName });
    stack.config.salt = secrets.salt;
    const state = { type: "passphrase", state: { salt: secrets.salt } };
    const latest = { manifest: manifest(), secrets_providers: state, metadata: {} };
    backend.write(stack.name, { version: 3, checkpoint: { stack: stack.fullName, latest } });
    return new TestStack(directory, stack, secrets);
  }

  /** A program as functions of pulumi; without one, only `destroy` and `refresh` make sense. */
  async run(kind: OperationOptions["kind"], program?: Program, options: RunOptions = {}): Promise<Run> {
    const language = program && (await serveProgram(program));
    const events: EngineEvent[] = [];
    let interrupt = () => {};
    const { onEvent, ...given } = options;
    const operation = new Operation(
      this.stack,
      this.checkpoint(),
      this.secrets,
      {
        kind,
        preview: false,
        parallel: 8,
        client: language?.address,
        refresh: false,
        clearPendingCreates: false,
        ...given,
      },
      (event) => {
        events.push(event);
        onEvent?.(event, () => interrupt());
      },
    );
    const interrupts = {
      onInterrupt: (stop: () => void) => {
        interrupt = stop;
      },
    };
    const forget = rememberListeners();
    try {
      const result = await operation.run(interrupts);
      return { ...result, events, messages: messagesOf(events) };
    } finally {
      language?.close();
      forget();
    }
  }

  up(program: Program, options: RunOptions = {}): Promise<Run> {
    return this.run("update", program, options);
  }

  preview(program: Program, options: RunOptions = {}): Promise<Run> {
    return this.run("update", program, { ...options, preview: true });
  }

  get text(): string {
    return readFileSync(this.stack.backend.stackFile(this.stack.name), "utf8");
  }

  checkpoint(): CheckpointJson {
    return this.stack.backend.read(this.stack.name);
  }

  get resources(): ResourceJson[] {
    return this.checkpoint().checkpoint.latest?.resources ?? [];
  }

  /** The live resource of this name. */
  resource(name: string): ResourceJson {
    const found = this.resources.find(({ urn, delete: replaced }) => urn.endsWith(`::${name}`) && !replaced);
    if (!found) throw new Error(`no resource ${name} in the state`);
    return found;
  }

  names(): string[] {
    return this.resources.map(
      ({ urn, delete: replaced }) => urn.split("::").pop() + (replaced ? "(delete)" : ""),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function projectAt(directory: string, name: string): Project {
  return {
    name,
    file: join(directory, "Pulumi.yaml"),
    root: directory,
    description: undefined,
    runtime: "nodejs",
    runtimeOptions: {},
    main: undefined,
    backendUrl: undefined,
    stackConfigDir: directory,
  };
}

async function serveProgram(program: Program) {
  type Service = Parameters<typeof serve>[0][0];
  const server = new LanguageServer(program);
  const methods = ["run", "getRequiredPlugins", "getPluginInfo"].map((name) => [
    name,
    server[name]!.bind(server),
  ]);
  const implementation = Object.fromEntries(methods) as Service["implementation"];
  return serve([{ definition: LanguageRuntimeService as unknown as Service["definition"], implementation }]);
}

function messagesOf(events: readonly EngineEvent[]): string {
  return events
    .filter((event) => event.kind === "diagnostic")
    .map((event) => `${event.severity}: ${event.message}`)
    .join("\n");
}

export interface ThingArgs {
  readonly value?: pulumi.Input<unknown>;
  readonly key?: pulumi.Input<unknown>;
  readonly first?: pulumi.Input<unknown>;
  readonly [name: string]: unknown;
}

/** The fake provider's only resource. */
export class Thing extends pulumi.CustomResource {
  declare readonly computed: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly token: pulumi.Output<string>;

  constructor(name: string, args: ThingArgs = {}, options?: pulumi.CustomResourceOptions) {
    super(
      "fake:index:Thing",
      name,
      { name: undefined, computed: undefined, token: undefined, ...args },
      options,
    );
  }
}

export class FakeRegion extends pulumi.ProviderResource {
  constructor(name: string, args: { region: pulumi.Input<string> }, options?: pulumi.ResourceOptions) {
    super("fake", name, args, options);
  }
}

/** A program that is ended from outside, as in a failed run, leaves its handlers on this process. */
function rememberListeners(): () => void {
  const names = ["uncaughtException", "unhandledRejection"] as const;
  const before = names.map((name) => new Set(process.listeners(name as "uncaughtException")));
  return () => {
    for (const [index, name] of names.entries()) {
      for (const listener of process.listeners(name as "uncaughtException")) {
        if (!before[index]!.has(listener)) process.off(name, listener);
      }
    }
  };
}
