import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inEnvironment } from "../../../support/stack/in-environment";

/**
 * Runs `work` where only these programs are on the PATH.
 * @param programs name → lines of a shell
 */
export async function withPrograms<T>(
  programs: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "berth-path-"));
  for (const [name, lines] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  try {
    return await inEnvironment({ PATH: folder }, () => work(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
