import { type ImageFile, type OciImage, ociImage } from "../../../sandbox/kubernetes/oci-image";

/**
 * An app that answers every request with its version.
 * @param how `crashes`: ends after it has said why; `unready`: runs, and never answers
 */
export function appImage(busybox: string, version: string, how?: "crashes" | "unready"): OciImage {
  const scripts = {
    crashes: "echo no database for version $1; exit 3",
    unready: "trap 'exit 0' TERM; while :; do busybox sleep 1; done",
    // As process 1 it would hear no SIGTERM that it has no handler for.
    serves: "trap 'kill $!; exit 0' TERM; busybox httpd -f -p 8000 -h /www & wait",
  };
  const files: Record<string, ImageFile> = {
    "bin/busybox": { from: busybox },
    "www/index.html": { text: version },
    "bin/app": { text: `#!/bin/busybox sh\n${scripts[how ?? "serves"]}\n` },
  };
  return ociImage(files, { Entrypoint: ["/bin/app", version], Env: ["PATH=/bin"] });
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
