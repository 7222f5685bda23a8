import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PULUMI_VERSION } from "../src/version";

/** In the folder of a CLI: how it came there. */
export const ORIGIN = "origin.txt";

export const cliFolder = (cache: string) => join(cache, `v${PULUMI_VERSION}`);

/**
 * Keeps a CLI that `make` puts into a folder, as bin/pulumi: it is there as a whole or not at all.
 * @returns the executable
 */
export async function keepCli(
  cache: string,
  make: (folder: string) => Promise<{ readonly from: string }>,
): Promise<{ executable: string; from: string }> {
  const folder = cliFolder(cache);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(join(unfinished, "bin"), { recursive: true });
  const { from } = await make(unfinished);
  writeFileSync(join(unfinished, ORIGIN), `${from}\n`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
  return { executable: join(folder, "bin", "pulumi"), from };
}
