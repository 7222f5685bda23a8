import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { engineAddress, type grpc, servePort } from "../rpc/grpc";
import { runLocal } from "../rpc/local-program";
import type { ProgramRun } from "../rpc/program";
import { unary } from "../rpc/unary";
import { whenParentIsGone } from "../rpc/when-parent-is-gone";
import { locate } from "./locate";

/** The language host that this one stands in for is of the CLI's own version, which asks for it without one. */
const VERSION = "3.0.0";

/**
 * Pulumi's LanguageRuntime for Node (proto/pulumi/language.proto), as far as running a program needs it; the rest gRPC
 * refuses by name. It stands in for `pulumi-language-nodejs` beside a CLI that was built from its sources, which bring none.
 */
export function serveLanguageHost(): Promise<void> {
  const engine = engineAddress("pulumi-language-nodejs");
  const running = new Set<ProgramRun>();
  whenParentIsGone(() => void endAll(running).then(() => process.exit(1)));
  return servePort(
    LanguageRuntimeService as unknown as grpc.ServiceDefinition,
    methods(engine, running) as unknown as grpc.UntypedServiceImplementation,
  );
}

async function endAll(running: ReadonlySet<ProgramRun>): Promise<void> {
  await Promise.all([...running].map((run) => run.kill()));
}

function methods(engine: string, running: Set<ProgramRun>) {
  return {
    getPluginInfo: unary(() => {
      const info = new PluginInfo();
      info.setVersion(VERSION);
      return info;
    }),
    about: unary(() => {
      const about = new messages.AboutResponse();
      about.setExecutable(process.execPath);
      about.setVersion(process.version);
      return about;
    }),
    // The engine loads what a program uses when it first uses it.
    getRequiredPlugins: unary(() => new messages.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(() => new messages.GetRequiredPackagesResponse()),
    run: unary(async (request: messages.RunRequest) => {
      const run = runLocal(request, engine, locate);
      running.add(run);
      const ending = await run.result.finally(() => running.delete(run));
      const response = new messages.RunResponse();
      response.setBail(ending?.told ?? false);
      response.setError(ending?.told ? "" : (ending?.message ?? ""));
      return response;
    }),
    cancel: unary(async () => {
      await endAll(running);
      return new Empty();
    }),
  };
}
