import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { PartialFailure } from "../providers/provider";
import { grpc } from "../rpc/grpc";
import { structOf } from "./property-struct";

/** Where gRPC keeps an error's details: a google.rpc.Status in binary. */
const DETAILS = "grpc-status-details-bin";

/**
 * The error by which a provider tells the engine that a resource exists but did not come up: it goes into the state with
 * the reasons. Go's gRPC takes it apart by itself; for Node's it is put together by hand.
 */
export function partialFailureStatus({
  message,
  state,
  reasons,
}: PartialFailure): Partial<grpc.ServiceError> {
  const failed = new ErrorResourceInitFailed();
  failed.setId(state.id);
  failed.setProperties(structOf(state.outputs, state.secretOutputs));
  failed.setReasonsList([...reasons]);
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(detail);
  const metadata = new grpc.Metadata();
  metadata.add(DETAILS, Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}
