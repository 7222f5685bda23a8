import type Docker from "dockerode";
import { putFiles } from "../docker/idle-container";
import { type EdgeFile, type RunningEdge, runIn } from "./running-edge";
import { CONFIG_PATH } from "./software/places";

/** Copies of the files that a change touches, while it goes on; on the volume, as the run may be killed. */
const KEPT = `${CONFIG_PATH}/undo`;

/** Arguments: the paths. The copies count as whole only under their last name. */
const KEEP = `set -eu
rm -rf ${KEPT} ${KEPT}.new
mkdir -p ${KEPT}.new
touch ${KEPT}.new/absent
for path; do
  if [ -e "$path" ]; then mkdir -p "${KEPT}.new$(dirname "$path")"; cp -p "$path" "${KEPT}.new$path"
  else echo "$path" >> ${KEPT}.new/absent; fi
done
mv ${KEPT}.new ${KEPT}`;

/** File by file, as a folder of the copies lets others in and one of certificates doesn't. */
const RESTORE = `set -eu
while read -r path; do rm -f "$path"; done < ${KEPT}/absent
if [ -d ${KEPT}${CONFIG_PATH} ]; then
  cd ${KEPT}${CONFIG_PATH}
  find . -type f | while read -r path; do cp -p "$path" "${CONFIG_PATH}/$path"; done
fi`;

type Files = ReadonlyMap<string, EdgeFile | undefined>;

/** The way back from a change of an edge's files. */
export class EdgeUndo {
  private readonly mains: { container: Docker.Container; file: string; had: string | undefined }[] = [];

  private constructor(private readonly edge: RunningEdge) {}

  /** Writes the files, and keeps what was there. */
  static async begin(edge: RunningEdge, files: Files): Promise<EdgeUndo> {
    const undo = new EdgeUndo(edge);
    await edge.run(["sh", "-c", KEEP, "keep", ...files.keys()]);
    await edge.write(files);
    return undo;
  }

  /** Takes back what a run that was killed had written. @returns whether there was something */
  static async afterKill(edge: RunningEdge): Promise<boolean> {
    const left = await edge.run(["sh", "-c", `if [ -d ${KEPT} ]; then echo left; fi`]);
    if (left.trim() === "") return false;
    await edge.run(["sh", "-c", RESTORE]);
    return true;
  }

  /** A file of one container, as it was before it was written. */
  keep(container: Docker.Container, file: string, had: string | undefined): void {
    this.mains.push({ container, file, had });
  }

  async restore(): Promise<void> {
    await this.edge.run(["sh", "-c", RESTORE]);
    for (const { container, file, had } of this.mains.splice(0).reverse()) {
      if (had !== undefined)
        await putFiles(container, "/", [{ name: file.slice(1), mode: 0o644, content: had }]);
      // One that had none starts with nothing again.
      else await runIn(container, ["rm", "-f", file]);
    }
  }

  async commit(): Promise<void> {
    await this.edge.run(["rm", "-rf", KEPT]);
  }
}
