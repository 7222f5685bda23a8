import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "./route";

/** Repository routes, after authentication and permission. */
export type ContentRoute = Exclude<Route, { kind: "base" | "token" | "unknown" }>;

/** An image's manifest, kept small by every registry (4 MiB at most). */
export interface Manifest {
  body: Buffer;
  digest: string;
  mediaType: string;
}

/** One docker repository, whatever its type: what a group needs of its members, and the request itself. */
export interface Backend {
  /** Answers a permitted request completely. */
  serve(route: ContentRoute, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Undefined where the repository has no such manifest; a failing remote counts as not having it. */
  manifest(image: string, reference: string): Promise<Manifest | undefined>;
  /** Answers GET or HEAD of a blob; false, with nothing sent, where the repository doesn't have it. */
  serveBlob(
    image: string,
    digest: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<boolean>;
  /** Undefined where the image is unknown. */
  tags(image: string): Promise<string[] | undefined>;
  images(): Promise<string[]>;
  /** Takes a tag away, where the repository is a hosted one; false where there is no such tag. */
  untag?(image: string, tag: string): boolean;
  /** Everything stored by digest, manifests of a hosted repository included; empty for a group. */
  blobs(): { digest: string; size: number }[];
  close(): Promise<void>;
}
