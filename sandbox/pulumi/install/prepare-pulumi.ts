import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../../lib/steps";
import type { Part } from "../../part";
import { chooseCli } from "./choose-cli";
import { whyUnreachable } from "./download-cli";
import type { FindGo } from "./find-go";
import { installHosts } from "./install-hosts";
import { installPlugins } from "./install-plugins";
import { type PulumiPlaces, pulumiHome } from "./pulumi-places";

export interface PulumiWishes {
  readonly path: string;
  /** Without it no CLI is built: that takes minutes. */
  readonly findGo?: FindGo;
  readonly progress: Progress;
}

/** Chooses a CLI and plugins, puts them where the sandbox's environment names them, and notes what they are. */
export async function preparePulumi(places: PulumiPlaces, wishes: PulumiWishes): Promise<Part[]> {
  mkdirSync(pulumiHome(places), { recursive: true, mode: 0o700 });
  const unreachable = await whyUnreachable();
  const cli = await chooseCli(places, { ...wishes, unreachable });
  await installHosts(places, cli, wishes.progress);
  const plugins = await installPlugins(places, { ...wishes, cli, unreachable });
  const parts = [
    { part: "Pulumi CLI", kind: "real" as const, about: `${cli.version}, ${cli.from}` },
    ...plugins,
  ];
  writeFileSync(join(places.home, PARTS), `${JSON.stringify(parts, null, 2)}\n`);
  return parts;
}

/** What was prepared. */
export const PARTS = "parts.json";
