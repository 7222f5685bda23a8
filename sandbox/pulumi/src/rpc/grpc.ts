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

/** Serves a plugin's service on a free port of the loopback, and prints the port as the engine wants it: a line. */
export async function servePort(
  definition: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<void> {
  const server = new grpc.Server(CHANNEL_OPTIONS);
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  process.stdout.write(`${port}\n`);
}

/** The engine's address (`127.0.0.1:port`), with which it starts a plugin. @throws Error for a person who starts one */
export function engineAddress(plugin: string): string {
  const address = process.argv.length > 2 ? process.argv.at(-1) : undefined;
  if (address !== undefined) return address;
  throw new Error(`${plugin} is a plugin: Pulumi starts it, with the engine's address for an argument`);
}

export { grpc };
