import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { type EdgeSoftwareName, edgeSoftware } from "../../components/edge/software";
import { tarOf } from "../../components/tar";
import { inEdgeShell } from "./edge-shell";

/**
 * The files of an edge's container in a folder of this machine, for a scripted Docker: what runs in the container runs here, with
 * /config in that folder, and the software itself taking whatever it is told to load.
 */
export class EdgeOnDisk {
  private readonly root = mkdtempSync(join(tmpdir(), "berth-edge-"));

  constructor(software: EdgeSoftwareName) {
    const bin = join(this.root, "bin");
    for (const folder of [bin, this.at("/config")]) mkdirSync(folder);
    for (const program of ["caddy", "nginx"]) {
      writeFileSync(join(bin, program), "#!/bin/sh\n");
      chmodSync(join(bin, program), 0o755);
    }
    this.write(edgeSoftware[software].configFile, "# the main file of its image\n");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
  }

  exec = ({ command, env }: { readonly command: readonly string[]; readonly env: readonly string[] }) => {
    const here = (text: string) => text.replaceAll("/config", this.at("/config"));
    const path = [join(this.root, "bin"), process.env["PATH"]].join(delimiter);
    return inEdgeShell({ command: command.map(here), env: env.map(here) }, path);
  };

  archive = (path: string): Promise<Buffer> | undefined => {
    const at = this.at(path);
    if (!existsSync(at)) return undefined;
    const name = basename(path);
    if (!statSync(at).isDirectory()) return tarOf([{ name, mode: 0o644, content: readFileSync(at) }]);
    const files = readdirSync(at).map((file) => ({
      ...{ name: `${name}/${file}`, mode: 0o644, content: readFileSync(join(at, file)) },
    }));
    return tarOf([{ name: `${name}/`, mode: 0o755 }, ...files]);
  };

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  private at(path: string): string {
    return join(this.root, path);
  }
}
