import type { CheckpointJson } from "../backend/checkpoint";
import { configProperty } from "../project/config-value";
import type { Stack } from "../project/stack";
import { engineService } from "../rpc/engine-service";
import { serve } from "../rpc/grpc";
import { programOf } from "../rpc/local-program";
import { monitorService } from "../rpc/monitor-service";
import type { PassphraseSecrets } from "../secrets/passphrase";
import type { PropertyMap } from "../values/value";
import { BuiltinProvider } from "./builtin-provider";
import { Deployment } from "./deployment";
import { DynamicHost } from "./dynamic-host";
import { DynamicProvider } from "./dynamic-provider";
import type { EventSink } from "./events";
import { ProviderRegistry } from "./provider-registry";
import { Snapshot } from "./snapshot";
import { StateWriter } from "./state-writer";
import { StepExecutor } from "./step-executor";

/** The parts of one run, put together and served. */
export interface Assembly {
  readonly snapshot: Snapshot;
  readonly executor: StepExecutor;
  readonly deployment: Deployment;
  readonly monitorAddress: string;
  readonly engineAddress: string;
  /** Resolves when the program says that it is done. */
  readonly done: Promise<"done">;
  /** Resolves when no further step will be begun. */
  readonly stopped: Promise<void>;
  /** Lets the program that waits for the end of the run go. */
  release(): void;
  close(): Promise<void>;
}

export interface AssemblyOptions {
  readonly stack: Stack;
  readonly checkpoint: CheckpointJson;
  readonly secrets: PassphraseSecrets;
  readonly preview: boolean;
  readonly parallel: number;
  readonly emit: EventSink;
  /** Aborted when the user interrupts the run. */
  readonly signal: AbortSignal;
}

/** Everything that one run needs; `close` ends it all. */
export async function assemble(options: AssemblyOptions): Promise<Assembly> {
  const { stack, checkpoint, secrets, preview, parallel, emit, signal } = options;
  const { project, name, backend, redactor } = stack;
  const snapshot = Snapshot.read(checkpoint.checkpoint.latest, secrets, secrets.salt);
  const writer = preview
    ? undefined
    : new StateWriter(backend.stackFile(name), stack.fullName, snapshot, () => secrets.settled());
  const registry = new ProviderRegistry({
    builtin: new BuiltinProvider(backend, name, (urn) => deployment.find(urn)),
    dynamic: () => new DynamicProvider(dynamicHost.startAhead()),
    signal,
    log: (urn) => (severity, message) =>
      executor.report(urn, severity === "status" ? "info" : severity, `${message}\n`, severity === "status"),
  });
  const executor = new StepExecutor({
    preview,
    parallel,
    snapshot,
    writer,
    registry,
    emit,
    redactor,
  });
  const deployment: Deployment = new Deployment({
    project: name.project,
    stack: name.stack,
    preview,
    snapshot,
    writer,
    registry,
    executor,
    emit,
    packageConfig: (packageName) => packageConfig(stack, secrets, packageName),
    // Ahead of its need. What is wrong with the passphrase is told by whoever encrypts.
    secretSeen: () => void secrets.prepare().catch(() => undefined),
  });
  const done = deferred<"done">();
  const over = deferred<void>();
  const monitor = monitorService({
    deployment,
    root: project.root,
    programDone: () => {
      done.resolve("done");
      return over.promise;
    },
  });
  const engine = await serve([engineService(executor)]);
  const server = await serve([monitor]);
  const dynamicHost = new DynamicHost(
    programOf(project).directory,
    engine.address,
    dynamicEnvironment(stack),
    (line) => executor.report(deployment.rootUrn, "info#err", `${line}\n`),
  );
  if (snapshot.base.some(({ type }) => type.startsWith("pulumi-nodejs:"))) dynamicHost.startAhead();
  return {
    snapshot,
    executor,
    deployment,
    monitorAddress: server.address,
    engineAddress: engine.address,
    done: done.promise,
    stopped: executor.whenStopped,
    release: () => over.resolve(),
    close: async () => {
      over.resolve();
      await registry.close();
      await dynamicHost.stop();
      server.close();
      engine.close();
    },
  };
}

/** A default provider gets its package's configuration; the dynamic one all of it, as from the real engine. */
function packageConfig(stack: Stack, secrets: PassphraseSecrets, packageName: string): PropertyMap {
  const inputs: PropertyMap = {};
  for (const [key, value] of stack.config.entries()) {
    const [namespace, name] = key.split(":");
    if (packageName === "pulumi-nodejs") inputs[key] = configProperty(value, secrets);
    else if (namespace === packageName && name) inputs[name] = configProperty(value, secrets);
  }
  return inputs;
}

/** The dynamic provider process asks its environment for project and stack. */
function dynamicEnvironment(stack: Stack): { [name: string]: string } {
  return {
    PULUMI_NODEJS_ORGANIZATION: "organization",
    PULUMI_NODEJS_PROJECT: stack.name.project,
    PULUMI_NODEJS_STACK: stack.name.stack,
  };
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
