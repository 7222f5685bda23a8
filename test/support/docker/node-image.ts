import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianImage } from "../../../sandbox/images/base-images";
import { defaultPlaces } from "../../../sandbox/lib/places";

/** In place of the hub's image of Node: Debian with the Node that runs here. Its name, after it was made where it wasn't there. */
export function nodeImage(): string {
  const image = `${defaultPlaces.imagePrefix}/node:${process.versions.node}`;
  const docker = (...args: string[]) =>
    execFileSync("docker", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DOCKER_BUILDKIT: "0" },
    });
  if (docker("image", "ls", "--quiet", image) !== "") return image;
  const context = mkdtempSync(join(tmpdir(), "berth-node-"));
  try {
    copyFileSync(realpathSync(process.execPath), join(context, "node"));
    const lines = [
      `FROM ${debianImage(defaultPlaces)}`,
      "COPY node /usr/local/bin/node",
      "RUN node --version",
      "",
    ];
    writeFileSync(join(context, "Dockerfile"), lines.join("\n"));
    docker("build", "--quiet", "--tag", image, context);
    return image;
  } finally {
    rmSync(context, { recursive: true });
  }
}
