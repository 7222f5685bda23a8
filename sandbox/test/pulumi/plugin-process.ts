import {
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { EngineLog } from "../../pulumi/src/plugin/engine-log";
import { ResourceProvider } from "../../pulumi/src/plugin/resource-provider";
import type { ProviderFactory } from "../../pulumi/src/providers/provider";

/** A served provider, and an engine that hears its log. */
export class ServedPlugin {
  /** `severity, ephemeral: message` of each line. */
  readonly log: string[] = [];
  private readonly servers: Server[] = [];
  client!: ResourceProviderClient;

  constructor(private readonly factory: ProviderFactory) {}

  async start(): Promise<this> {
    const log = (call: { request: LogRequest }, done: (error: null, answer: Empty) => void) => {
      const { request } = call;
      this.log.push(`${request.getSeverity()}, ${request.getEphemeral()}: ${request.getMessage()}`);
      done(null, new Empty());
    };
    const engine = await this.serve(EngineService, { log });
    const provider = new ResourceProvider(this.factory, new EngineLog(engine));
    const address = await this.serve(ResourceProviderService, provider.methods);
    this.client = new ResourceProviderClient(address, credentials.createInsecure());
    return this;
  }

  stop(): void {
    this.client.close();
    for (const server of this.servers) server.forceShutdown();
  }

  private async serve(definition: unknown, methods: object): Promise<string> {
    const server = new Server();
    server.addService(definition as ServiceDefinition, { ...methods });
    this.servers.push(server);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return `127.0.0.1:${port}`;
  }
}

/** A call's answer. @throws its ServiceError */
export function answered<T>(
  call: (done: (error: ServiceError | null, answer: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => call((error, answer) => (error ? reject(error) : resolve(answer))));
}
