import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Severity } from "../engine/events";
import type { StepExecutor } from "../engine/step-executor";
import { ENGINE_VERSION } from "../version";
import { grpc } from "./grpc";
import { failure, refuse, unary } from "./unary";

const SEVERITIES: { readonly [severity: number]: Severity } = {
  [engine.LogSeverity.DEBUG]: "debug",
  [engine.LogSeverity.INFO]: "info",
  [engine.LogSeverity.WARNING]: "warning",
  [engine.LogSeverity.ERROR]: "error",
};

/** Pulumi's Engine (proto/pulumi/engine.proto): where programs and provider processes log to. */
export function engineService(executor: StepExecutor) {
  let root = "";
  return {
    definition: EngineService as unknown as grpc.ServiceDefinition,
    implementation: {
      log: unary((request: engine.LogRequest) => {
        const severity = SEVERITIES[request.getSeverity()] ?? "info";
        executor.report(
          request.getUrn(),
          severity,
          request.getMessage(),
          request.getEphemeral(),
          request.getStreamid(),
        );
        return new Empty();
      }),
      getRootResource: unary(() => {
        const response = new engine.GetRootResourceResponse();
        response.setUrn(root);
        return response;
      }),
      setRootResource: unary((request: engine.SetRootResourceRequest) => {
        root = request.getUrn();
        return new engine.SetRootResourceResponse();
      }),
      requirePulumiVersion: unary((request: engine.RequirePulumiVersionRequest) => {
        const range = request.getPulumiVersionRange();
        const { satisfies } = require("semver") as { satisfies(version: string, range: string): boolean };
        if (!satisfies(ENGINE_VERSION, range)) {
          throw failure(
            grpc.status.FAILED_PRECONDITION,
            `Pulumi CLI version ${ENGINE_VERSION} does not satisfy the version range "${range}"`,
          );
        }
        return new engine.RequirePulumiVersionResponse();
      }),
      startDebugging: refuse("attaching a debugger"),
    },
  };
}
