import type { ServerUnaryCall, ServiceError, sendUnaryData } from "@grpc/grpc-js";
import { grpc } from "./grpc";

/** A server method from an async function; what it throws is the call's error. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then((response) => callback(null, response))
      .catch((error: unknown) => callback(toStatus(error)));
  };
}

function toStatus(error: unknown): Partial<ServiceError> {
  if (isStatus(error)) return error;
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** An error that says by itself what gRPC is to tell. */
function isStatus(error: unknown): error is Partial<ServiceError> {
  return typeof error === "object" && error !== null && "code" in error && "details" in error;
}

/** A client call as a promise. */
export function call<Response>(
  start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error ? reject(error) : resolve(response)));
  });
}
