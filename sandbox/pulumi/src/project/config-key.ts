import { CliError, EXIT } from "../errors";
import { type Path, parsePath } from "../values/path";

/** `a:b`, the old `a:config:b`, or `b` of the project itself; always returned as `namespace:name`. */
export function parseConfigKey(text: string, project: string): string {
  const parts = text.split(":");
  const name = parts[parts.length - 1]!;
  const valid = parts.length === 1 || parts.length === 2 || (parts.length === 3 && parts[1] === "config");
  if (!valid || parts.includes("")) {
    throw new CliError(
      `invalid configuration key: could not parse ${text} as a configuration key (configuration keys should be of the form \`<namespace>:<name>\`)`,
      EXIT.configuration,
    );
  }
  return `${parts.length === 1 ? project : parts[0]}:${name}`;
}

/** With `--path`: `berth:apps.blog.port` is the key `berth:apps` and the path `blog.port` inside its value. */
export function parseConfigPath(text: string, project: string): { key: string; path: Path } {
  const colon = text.indexOf(":");
  const [head, ...path] = parsePath(text.slice(colon + 1));
  if (head === undefined || head === "")
    throw new CliError(`invalid configuration key: ${text}`, EXIT.configuration);
  const namespace = colon < 0 ? project : text.slice(0, colon).replace(/:config$/, "");
  return { key: `${namespace}:${head}`, path };
}
