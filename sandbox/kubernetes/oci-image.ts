import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A file of an image: where it is on this machine, or its text. */
export type ImageFile = { readonly from: string } | { readonly text: string };

export interface OciImage {
  readonly manifest: Blob;
  /** Layer and configuration. */
  readonly blobs: readonly Blob[];
}

export interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const OCI = "application/vnd.oci.image";

/** An image of one layer. @param config its `config`, as `{ Entrypoint: […] }` */
export function ociImage(files: Readonly<Record<string, ImageFile>>, config: object): OciImage {
  const layer = blob(`${OCI}.layer.v1.tar`, tarOf(files));
  const about = { architecture: process.arch === "arm64" ? "arm64" : "amd64", os: "linux", config };
  const settings = blob(
    `${OCI}.config.v1+json`,
    JSON.stringify({ ...about, rootfs: { type: "layers", diff_ids: [layer.digest] } }),
  );
  const manifest = blob(
    `${OCI}.manifest.v1+json`,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: descriptor(settings),
      layers: [descriptor(layer)],
    }),
  );
  return { manifest, blobs: [layer, settings] };
}

/** Writes it as an archive that `ctr images import` takes under that name. */
export function writeArchive({ manifest, blobs }: OciImage, name: string, file: string): void {
  const named = { ...descriptor(manifest), annotations: { "io.containerd.image.name": name } };
  const index = JSON.stringify({ schemaVersion: 2, manifests: [named] });
  const all = [manifest, ...blobs].map(({ digest, bytes }): [string, Buffer] => [
    `blobs/${digest.replace(":", "/")}`,
    bytes,
  ]);
  const texts = Object.entries({ "oci-layout": '{"imageLayoutVersion":"1.0.0"}', "index.json": index });
  writeFileSync(file, inFolder([...all, ...texts]));
}

function tarOf(files: Readonly<Record<string, ImageFile>>): Buffer {
  return inFolder(
    Object.entries(files).map(([path, file]) => [path, "text" in file ? file.text : readFileSync(file.from)]),
  );
}

/** The same bytes each time. Every file may be run. */
function inFolder(files: readonly (readonly [path: string, content: string | Buffer])[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "berth-oci-"));
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content, { mode: 0o755 });
    }
    const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    return execFileSync("tar", [...same, "-C", folder, "-cf", "-", "."], { maxBuffer: 2 ** 28 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function blob(mediaType: string, content: string | Buffer): Blob {
  const bytes = Buffer.from(content);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { digest, mediaType, bytes };
}

function descriptor({ digest, mediaType, bytes }: Blob) {
  return { mediaType, digest, size: bytes.length };
}
