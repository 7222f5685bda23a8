import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { repository, SOURCE } from "../../lib/places";
import { SandboxError } from "../../lib/sandbox-error";

/** A provider plugin that the project's program uses and that the sandbox can stand in for. */
export interface PluginSpec {
  readonly name: string;
  /** As the npm package of that provider asks for it, which is one of Berth's. */
  readonly version: string;
  /** What serves it: JavaScript, in the place of a file of src/. */
  readonly start: string;
}

/** Provider → what serves it, and how Berth names its package. */
const PROVIDERS: Readonly<Record<string, { readonly provider: string; readonly module: string }>> = {
  docker: { provider: "dockerProvider", module: "@pulumi/docker" },
  command: { provider: "commandProvider", module: "@pulumi/command" },
  random: { provider: "randomProvider", module: "@pulumi/random" },
  gitlab: { provider: "gitlabProvider", module: "#pulumi-gitlab" },
};

/** @throws SandboxError where no Berth is installed */
export function plugins(): PluginSpec[] {
  const berth = createRequire(berthManifest());
  return Object.entries(PROVIDERS).map(([name, { provider, module }]) => ({
    name,
    version: versionOf(berth.resolve(module)),
    start: `require('./plugin/serve-plugin').servePlugin(require('./providers/${name}/index').${provider})`,
  }));
}

/** The package.json of the Berth that this sandbox is for: the checkout's own, else that of the project here. */
function berthManifest(): string {
  if (SOURCE === ".ts") return join(repository, "package.json");
  try {
    return require.resolve("berth/package.json", { paths: [process.cwd(), __dirname] });
  } catch {
    throw new SandboxError(
      `which of Pulumi's plugins are wanted is Berth's to say, and ${process.cwd()} has no package \`berth\`: ` +
        "install it beside berth-sandbox (npm install --save-dev berth), and type this in that project",
    );
  }
}

/** Of the package that a file belongs to. */
function versionOf(file: string): string {
  const folder = dirname(file);
  const manifest = join(folder, "package.json");
  const version = existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version;
  return version || versionOf(folder);
}

/** Of `$PULUMI_HOME/plugins`. */
export const folderOf = ({ name, version }: PluginSpec) => `resource-${name}-v${version}`;
export const executableOf = ({ name }: PluginSpec) => `pulumi-resource-${name}`;
