import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Progress } from "../../lib/steps";
import { installProgram, type Program } from "./install-program";
import type { PulumiCli } from "./pulumi-cli";
import { type PulumiPlaces, pulumiBin } from "./pulumi-places";
import { sourcesDigest } from "./sources-digest";

/** What a downloaded CLI brings for Node in its own folder, and one that was built from its sources doesn't. */
const HOSTS: readonly (Program & { readonly compile: boolean })[] = [
  {
    name: "pulumi-language-nodejs",
    start: `require('./host/language-host').serveLanguageHost()`,
    compile: true,
  },
  {
    name: "pulumi-resource-pulumi-nodejs",
    start: `require('./host/dynamic-provider').serveDynamicProviders()`,
    compile: false,
  },
];

/** In the folder: which CLI it was made for, and of which sources. */
const MARK = "made-for.txt";

/**
 * Puts the CLI into a folder for the PATH, with what runs programs of Node beside it where it brings nothing for that. The
 * CLI looks for them in the folder that its own file is in, and warns of others: it is a file there then, and no link.
 */
export async function installHosts(places: PulumiPlaces, cli: PulumiCli, progress: Progress): Promise<void> {
  const folder = pulumiBin(places);
  const mark = `${cli.executable}\n${cli.version}\n${sourcesDigest()}\n`;
  const file = join(folder, MARK);
  if (existsSync(file) && readFileSync(file, "utf8") === mark) return;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  if (bringsHosts(cli)) symlinkSync(cli.executable, join(unfinished, "pulumi"));
  else {
    sameFile(cli.executable, join(unfinished, "pulumi"));
    for (const { compile, ...host } of HOSTS) {
      progress(host.name);
      await installProgram(unfinished, host, compile);
    }
  }
  writeFileSync(join(unfinished, MARK), mark);
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}

function bringsHosts({ executable }: PulumiCli): boolean {
  const folder = dirname(realpathSync(executable));
  return HOSTS.every(({ name }) => existsSync(join(folder, name)));
}

function sameFile(from: string, to: string): void {
  const real = realpathSync(from);
  try {
    linkSync(real, to);
  } catch {
    copyFileSync(real, to); // on another disk
  }
}
