import type { ServerUnaryCall, ServiceError, sendUnaryData } from "@grpc/grpc-js";
import { grpc, isServiceError } from "./grpc";

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

export function refuse(what: string) {
  return unary<unknown, never>(() => {
    throw failure(grpc.status.UNIMPLEMENTED, `${what} is not supported by the sandbox's Pulumi engine`);
  });
}

export function failure(code: number, details: string): Partial<ServiceError> & Error {
  return Object.assign(new Error(details), { code, details });
}

function toStatus(error: unknown): Partial<ServiceError> {
  if (isServiceError(error)) return { code: error.code, details: error.details };
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** A client call as a promise. */
export function call<Response>(
  start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error ? reject(error) : resolve(response)));
  });
}
