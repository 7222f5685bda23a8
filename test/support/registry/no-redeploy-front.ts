import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { LoopbackServer } from "../http/loopback-server";
import { fail } from "./scripted-registry";

/**
 * In front of a registry: what Nexus does with "disable redeploy". A tag is taken once, and a layer that was not there
 * when its upload began, but is at its end, is refused (nexus-public#967).
 */
export class NoRedeployFront extends LoopbackServer {
  /** What was refused. */
  readonly refused: string[] = [];

  constructor(private readonly upstream: string) {
    super();
  }

  protected override async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "/" } = request;
    const { pathname, searchParams } = new URL(path, "http://front");
    const digest = searchParams.get("digest");
    const isUpload = method === "PUT" && digest !== null;
    const isTag = method === "PUT" && /\/manifests\/[^:]+$/.test(pathname);
    const blob = isUpload && pathname.replace(/\/blobs\/uploads\/.*/, `/blobs/${digest}`);
    if ((blob && (await this.has(blob))) || (isTag && (await this.has(pathname)))) {
      this.refused.push(`${method} ${blob || pathname}`);
      request.resume();
      await new Promise((resolve) => request.once("end", resolve));
      return fail(
        response,
        400,
        blob ? "BLOB_UPLOAD_INVALID" : "UNKNOWN",
        "Repository does not allow updating assets",
      );
    }
    this.pass(request, response);
  }

  private async has(path: string): Promise<boolean> {
    const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
    return (await fetch(`http://${this.upstream}${path}`, { method: "HEAD", headers: { accept } })).ok;
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const [host, port] = this.upstream.split(":");
    const { method, url: path, headers } = request;
    const onward = http.request({ host, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }
}
