import { accessSync, constants, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { someNeedBuildx } from "../../components/settings/app-settings";
import { messageOf } from "../../components/values/error-facts";
import { codeRoot } from "../../components/values/own-place";
import { thisUser } from "../../components/values/plain-words";
import { isOlder } from "../../components/values/versions";
import { noEngine } from "../engine/engine-error";
import { ask, saidOf } from "./ask-program";
import { type Finding, fail, ok, warn } from "./finding";
import type { Check } from "./run-checks";
import type { KnownSettings, Subject } from "./subject";
import { isOnPath, ownFolder } from "./this-machine";

/** What of the Pulumi CLI the Automation API refuses (automation/minimumVersion.js of @pulumi/pulumi). */
const OLDEST_ENGINE = "3.2.0";

/** Where it installs to is on the PATH of new shells only. */
const INSTALL = 'curl -fsSL https://get.pulumi.com | sh && export PATH="$HOME/.pulumi/bin:$PATH"';

/** Pulumi's CLI and the plugins that the program starts. */
export function engineChecks({ root, settings }: Subject): Check[] {
  return [
    { name: ENGINE, run: () => engineFinding(versionOf("@pulumi/pulumi")) },
    { name: FOLDER, run: async () => folderFinding(homedir()) },
    { name: "plugins", needs: [ENGINE], run: () => pluginsFinding(wantedPlugins(settings), root) },
  ];
}

export const ENGINE = "Pulumi CLI";
const FOLDER = "Pulumi's folder";

/** @param library version of the library that the CLI is to understand */
export async function engineFinding(library: string): Promise<Finding> {
  const asked = await ask("pulumi", ["version"]);
  if (asked.isRefused)
    return fail(ENGINE, `there is a \`pulumi\` on the PATH that ${thisUser()} may not run`, INSTALL);
  if (!asked.ran) return fail(ENGINE, noEngine().message, INSTALL);
  const version = /\d+\.\d+\.\d+\S*/.exec(asked.stdout)?.[0];
  if (version === undefined)
    return fail(ENGINE, `\`pulumi version\` tells no version: ${saidOf(asked)}`, INSTALL);
  if (isOlder(version, OLDEST_ENGINE))
    return fail(ENGINE, `${version}, and its Automation API needs ${OLDEST_ENGINE} or newer`, INSTALL);
  if (!isOlder(version, library)) return ok(ENGINE, version);
  return warn(ENGINE, `${version} is older than the library that Berth has (${library})`, INSTALL);
}

/** Where it keeps logins, plugins, and which stack is chosen: a run begins by writing there. @param home of the user */
export function folderFinding(home: string, env: NodeJS.ProcessEnv = process.env): Finding {
  const folder = env["PULUMI_HOME"] || join(home, ".pulumi");
  const chosen = join(folder, "workspaces");
  let place = existsSync(chosen) ? chosen : folder;
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    return ok(FOLDER, `${folder} can be written`);
  } catch (error) {
    const text = `${place}: ${thisUser()} can't write there (${messageOf(error)})`;
    return fail(
      FOLDER,
      text,
      `${ownFolder(folder)} # or name one of your own as PULUMI_HOME, and log in again`,
    );
  }
}

export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** Those that these settings take, in the versions of the libraries that call them. */
export function wantedPlugins({ apps = [], gitlab }: KnownSettings): Plugin[] {
  const names = ["docker", "command", "random", ...(someNeedBuildx(apps) ? ["docker-build"] : [])];
  const plugins = names.map((name) => ({ name, version: versionOf(`@pulumi/${name}`) }));
  return gitlab?.manage ? [...plugins, { name: "gitlab", version: versionOf("#pulumi-gitlab") }] : plugins;
}

/** The engine downloads what is missing by itself, where it has a way to. */
export async function pluginsFinding(wanted: readonly Plugin[], cwd: string | undefined): Promise<Finding> {
  const asked = await ask("pulumi", ["plugin", "ls", "--json"], cwd);
  if (asked.code !== 0)
    return fail(
      "plugins",
      `\`pulumi plugin ls\` failed: ${saidOf(asked)}`,
      "pulumi plugin ls --verbose=9 --logtostderr",
    );
  const there: readonly { name: string; kind: string; version?: string }[] = JSON.parse(asked.stdout);
  const has = ({ name, version }: Plugin) =>
    isOnPath(`pulumi-resource-${name}`) ||
    there.some(
      (one) => one.kind === "resource" && one.name === name && !isOlder(one.version ?? "0", version),
    );
  const missing = wanted.filter((plugin) => !has(plugin));
  const list = (plugins: readonly Plugin[]) =>
    plugins.map(({ name, version }) => `${name} ${version}`).join(", ");
  if (missing.length === 0) return ok("plugins", list(wanted));
  const install = ({ name, version }: Plugin) => `pulumi plugin install resource ${name} ${version}`;
  return warn(
    "plugins",
    `not here yet: ${list(missing)}. The first preview downloads them, where the internet can be reached`,
    missing.map(install).join("\n"),
  );
}

function versionOf(library: string): string {
  const require = createRequire(join(codeRoot, "index.js"));
  if (library.startsWith("#")) return require(join(require.resolve(library), "..", "package.json")).version;
  return require(`${library}/package.json`).version;
}
