import { type ImageFile, type OciImage, ociImage } from "../../../sandbox/kubernetes/oci-image";

/** What is wrong with an app. */
export type AppFault = "crashes" | "unready" | "doesn't migrate";

/**
 * An app that answers every request with its version, and that with `migrate` says that it has migrated.
 * @param fault `crashes`: ends after it has said why; `unready`: runs, and never answers; `doesn't migrate`: fails with `migrate`
 */
export function appImage(busybox: string, version: string, fault?: AppFault): OciImage {
  // As process 1 it would hear no SIGTERM that it has no handler for.
  const serves = "trap 'kill $!; exit 0' TERM; busybox httpd -f -p 8000 -h /www & wait";
  const scripts = {
    crashes: "echo no database for version $1; exit 3",
    unready: "trap 'exit 0' TERM; while :; do busybox sleep 1; done",
  };
  const migrates =
    fault === "doesn't migrate" ? "echo no table for version $1; exit 4" : "echo migrated to $1; exit 0";
  const runs = fault === "crashes" || fault === "unready" ? scripts[fault] : serves;
  const files: Record<string, ImageFile> = {
    "bin/busybox": { from: busybox },
    "www/index.html": { text: version },
    "bin/app": { text: `#!/bin/busybox sh\nif [ "$2" = migrate ]; then ${migrates}; fi\n${runs}\n` },
  };
  return ociImage(files, { Entrypoint: ["/bin/app", version], Env: ["PATH=/bin"], User: "65534:65534" });
}

/** Pushes an image to a registry by https://github.com/opencontainers/distribution-spec. @returns repository@digest */
export async function push(
  { manifest, blobs }: OciImage,
  host: string,
  repository: string,
  login: string,
): Promise<string> {
  const at = `http://${host}/v2/${repository}`;
  const headers = { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  const put = async (url: string, body: Buffer, type: string) => {
    const answer = await fetch(url, { method: "PUT", body, headers: { ...headers, "content-type": type } });
    if (!answer.ok) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
  };
  for (const { digest, bytes } of blobs) {
    const begun = await fetch(`${at}/blobs/uploads/`, { method: "POST", headers });
    const place = new URL(begun.headers.get("location") ?? "", at);
    place.searchParams.set("digest", digest);
    await put(place.href, bytes, "application/octet-stream");
  }
  await put(`${at}/manifests/${manifest.digest}`, manifest.bytes, manifest.mediaType);
  return `${host}/${repository}@${manifest.digest}`;
}
