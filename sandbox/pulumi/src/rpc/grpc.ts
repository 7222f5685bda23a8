/**
 * The protocol's generated stubs come from @pulumi/pulumi/proto: importing them alone keeps that package's index,
 * which loads a TypeScript compiler, out of this process.
 */
import * as grpc from "@grpc/grpc-js";

/** As the SDKs: a state or a program may be big. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/** Serves on a free loopback port; `address` is `127.0.0.1:port`. */
export async function serve(
  services: readonly {
    definition: grpc.ServiceDefinition;
    implementation: grpc.UntypedServiceImplementation;
  }[],
): Promise<{ address: string; close(): void }> {
  const server = new grpc.Server(CHANNEL_OPTIONS);
  for (const { definition, implementation } of services) server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

export function isServiceError(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && typeof (error as Partial<grpc.ServiceError>).code === "number";
}

/** The message without gRPC's own `2 UNKNOWN: ` before it. */
export function rpcMessage(error: unknown): string {
  if (isServiceError(error)) return error.details || error.message;
  return error instanceof Error ? error.message : String(error);
}

export { grpc };
