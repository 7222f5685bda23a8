import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { CHANNEL_OPTIONS, grpc, isServiceError, rpcMessage } from "./grpc";
import type { ProgramRequest, ProgramRun } from "./program";

/** Runs the program of an Automation API process, which serves LanguageRuntime at `address` (`--client`). */
export function runInline(address: string, request: ProgramRequest): ProgramRun {
  const client = new LanguageRuntimeClient(address, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
  let call: grpc.ClientUnaryCall | undefined;
  const result = new Promise<{ message: string; told: boolean } | undefined>((resolve) => {
    call = client.run(message(request), (error: grpc.ServiceError | null, response: RunResponse) => {
      if (error) resolve({ message: explain(error, address), told: false });
      else if (response.getError() !== "")
        resolve({ message: response.getError(), told: response.getBail() });
      else resolve(response.getBail() ? { message: "", told: true } : undefined);
    });
  }).finally(() => client.close());
  return {
    result,
    kill: async () => {
      call?.cancel();
      await result;
    },
  };
}

function explain(error: grpc.ServiceError, address: string): string {
  if (isServiceError(error) && error.code === grpc.status.UNAVAILABLE) {
    return `the program's process can't be reached at ${address}: ${error.details}`;
  }
  return `an unhandled error occurred: ${rpcMessage(error)}`;
}

function message(request: ProgramRequest): RunRequest {
  const run = new RunRequest();
  run.setProject(request.project);
  run.setStack(request.stack);
  run.setOrganization("organization");
  run.setDryrun(request.preview);
  run.setParallel(request.parallel);
  run.setMonitorAddress(request.monitorAddress);
  run.setArgsList([request.engineAddress]);
  for (const [key, value] of request.config) run.getConfigMap().set(key, value);
  run.setConfigsecretkeysList([...request.secretKeys]);
  return run;
}
