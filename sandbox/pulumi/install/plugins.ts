import { readFileSync } from "node:fs";

/** A provider plugin that the project's program uses and that the sandbox can stand in for. */
export interface PluginSpec {
  readonly name: string;
  /** As the npm package of that provider asks for it. */
  readonly version: string;
  /** What serves it: JavaScript, in the place of a file of src/. */
  readonly start: string;
}

const EXPORTS: Readonly<Record<string, string>> = {
  docker: "dockerProvider",
  command: "commandProvider",
  random: "randomProvider",
  gitlab: "gitlabProvider",
};

export function plugins(): PluginSpec[] {
  return Object.entries(EXPORTS).map(([name, provider]) => ({
    name,
    version: packageVersion(`@pulumi/${name}`),
    start: `require('./plugin/serve-plugin').servePlugin(require('./providers/${name}/index').${provider})`,
  }));
}

function packageVersion(name: string): string {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version;
}

/** Of `$PULUMI_HOME/plugins`. */
export const folderOf = ({ name, version }: PluginSpec) => `resource-${name}-v${version}`;
export const executableOf = ({ name }: PluginSpec) => `pulumi-resource-${name}`;
