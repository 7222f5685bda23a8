import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { ProviderFactory } from "../providers/provider";
import { engineAddress, type grpc, servePort } from "../rpc/grpc";
import { whenParentIsGone } from "../rpc/when-parent-is-gone";
import { EngineLog } from "./engine-log";
import { ResourceProvider } from "./resource-provider";

/** As long as Pulumi's own plugins outlive an engine that was killed. */
const AFTER_ENGINE_MS = 300_000;

/** A plugin's process: serves one provider until the engine ends it. Where that was killed, its calls are interrupted. */
export function servePlugin(factory: ProviderFactory): Promise<void> {
  const engine = engineAddress(`pulumi-resource-${factory.name}`);
  const provider = new ResourceProvider(factory, new EngineLog(engine));
  whenParentIsGone(() => {
    const end = () => process.exit(1);
    setTimeout(end, AFTER_ENGINE_MS);
    void provider.interrupt().then(end);
  });
  return servePort(
    ResourceProviderService as unknown as grpc.ServiceDefinition,
    provider.methods as unknown as grpc.UntypedServiceImplementation,
  );
}
