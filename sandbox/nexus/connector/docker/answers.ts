import type { ServerResponse } from "node:http";
import { sendJson } from "../http-tools";

/** An answer of the registry API that is not a success. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  detail?: unknown;
  headers?: Record<string, string>;
}

export const API_VERSION = { "Docker-Distribution-Api-Version": "registry/2.0" };

/** Error body of the distribution specification. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, detail = null, headers } = refusal;
  sendJson(response, status, { errors: [{ code, message, detail }] }, { ...API_VERSION, ...headers });
}

const denied = "access to the requested resource is not authorized";

/** Pushing to a group is a Pro feature; OSS answers this (reported in sigstore/cosign#2189). */
export const groupPush: Refusal = {
  status: 403,
  code: "DENIED",
  message:
    "Deploying to groups is a PRO-licensed feature. See https://links.sonatype.com/product-nexus-repository",
};

export const forbidden: Refusal = { status: 403, code: "DENIED", message: denied };

export const unauthorized = (challenge: string): Refusal => ({
  status: 401,
  code: "UNAUTHORIZED",
  message: denied,
  headers: { "WWW-Authenticate": challenge },
});

/** Status as the real server's for other formats (measured); the docker body is our choice. */
export const offline = (repository: string): Refusal => ({
  status: 503,
  code: "UNAVAILABLE",
  message: `Repository offline: ${repository}`,
});

export const frozen: Refusal = {
  status: 503,
  code: "UNAVAILABLE",
  message: "Nexus Repository Manager is in read-only mode",
};

/** Nexus names every refused write so, whatever was written (GoogleContainerTools/jib#2395, nexus-public#967). */
const uploadInvalid = (detail: string): Refusal => ({
  status: 400,
  code: "BLOB_UPLOAD_INVALID",
  message: "blob upload invalid",
  detail,
});

export const cannotBeUpdated = (repository: string, path: string): Refusal => ({
  ...uploadInvalid(
    `${repository}/${path} cannot be updated: Repository does not allow updating assets: ${repository}`,
  ),
  message: `${repository}/${path} cannot be updated: Repository does not allow updating assets: ${repository}`,
});

export const readOnly = (repository: string): Refusal => ({
  ...uploadInvalid(`Repository is read only: ${repository}`),
  message: `Repository is read only: ${repository}`,
});

export const manifestUnknown = (reference: string): Refusal => ({
  status: 404,
  code: "MANIFEST_UNKNOWN",
  message: "manifest unknown",
  detail: { reference },
});

export const blobUnknown = (digest: string): Refusal => ({
  status: 404,
  code: "BLOB_UNKNOWN",
  message: "blob unknown to registry",
  detail: { digest },
});

export const nameUnknown = (name: string): Refusal => ({
  status: 404,
  code: "NAME_UNKNOWN",
  message: "repository name not known to registry",
  detail: { name },
});

export const unsupported: Refusal = {
  status: 405,
  code: "UNSUPPORTED",
  message: "The operation is unsupported.",
};

export const notFound: Refusal = { status: 404, code: "NOT_FOUND", message: "not found" };

export const remoteFailed = (detail: string): Refusal => ({
  status: 503,
  code: "UNAVAILABLE",
  message: "the remote registry did not answer as expected",
  detail,
});
