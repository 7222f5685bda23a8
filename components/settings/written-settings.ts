import { isMap, isScalar } from "yaml";
import { configPair, nodeAt, numberInGo, pairOf, parseStackYaml, resolved } from "./stack-yaml";
import { isGoTime, NAMESPACE, type Written } from "./written";

/**
 * The words of a stack file.
 * @param project its name, which a key without a namespace has for one
 * @param holdsSecrets whether to the engine something is secret in a key (`berth:apps`), wherever it comes from
 */
export function writtenSettings(
  text: string,
  project: string,
  holdsSecrets: (key: string) => boolean = () => false,
): Written {
  const document = parseStackYaml(text);
  const setting = ([name, ...rest]: readonly PropertyKey[]) =>
    nodeAt(document, configPair(document, `${NAMESPACE}:${String(name)}`, project)?.value, rest);
  const isEncrypted = (node: unknown) => {
    const map = resolved(document, node);
    return isMap(map) && map.items.length === 1 && pairOf(document, map, "secure") !== undefined;
  };
  return {
    textAt: (path, value) => {
      const node = resolved(document, setting(path));
      const source = isScalar(node) && node.type === "PLAIN" ? node.source : undefined;
      return source !== undefined && isSame(source, value) ? source : undefined;
    },
    isSecret: (path) => path.some((_, index) => isEncrypted(setting(path.slice(0, index + 1)))),
    mayBeSecret: (path) => {
      const node = resolved(document, setting(path));
      // An environment can add to a map of the file, and to nothing else.
      return (node === undefined || isMap(node)) && holdsSecrets(`${NAMESPACE}:${String(path[0])}`);
    },
  };
}

/** Dates to Go's yaml.v3 (resolve.go, allowedTimestampFormats). */
const YAML_TIME = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

export function isYamlTime(source: string): boolean {
  return YAML_TIME.test(source);
}

/** Whether the engine makes this value of that text: it may have read another file (`--config-file`). */
function isSame(source: string, value: unknown): boolean {
  if (typeof value === "number") return numberInGo(source) === value;
  if (typeof value === "boolean") return source.toLowerCase() === String(value);
  return isGoTime(value) && isYamlTime(source);
}
