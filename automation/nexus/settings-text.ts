import { Document, isCollection, isPair } from "yaml";
import { wrapped } from "../terminal/text-table";
import { isReady, type Part, type Translation } from "./translation";

/** As deep as the parts of `berth:nexus` stand in a stack file. */
const INDENT = "    ";
const WIDTH = 110;
/** Of the first line of an entry. */
const DEPTH = INDENT.length + 2;

/** In the order in which one names the other. */
const PARTS: readonly Part[] = [
  "blobStores",
  "cleanupPolicies",
  "routingRules",
  "repositories",
  "contentSelectors",
  "privileges",
  "roles",
  "accounts",
  "tasks",
  "certificates",
];

/**
 * The lines that stand below `berth:nexus:` in a stack file and manage these objects. What can't be pasted as it is stands
 * there as a comment, with what it would change or asks for; what can't be said at all, with the reason. A value that is longer than
 * the columns stays whole: it is to be pasted.
 */
export function settingsText(
  translations: readonly Translation[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const lines = PARTS.flatMap((part) => {
    const entries = translations.filter((one) => one.part === part);
    if (entries.length === 0) return [];
    const heading = entries.some(isReady) ? `${part}:` : `# ${part}:`;
    return [
      heading,
      ...entries.flatMap((one) => entryLines(one, columns - DEPTH)).map((line) => `  ${line}`),
    ];
  });
  return lines.map((line) => INDENT + line).join("\n");
}

/** What can be pasted as it is, as one object. */
export function readySettings(translations: readonly Translation[]): Record<string, Record<string, unknown>> {
  const parts: Record<string, Record<string, unknown>> = {};
  for (const { part, key, settings } of translations.filter(isReady)) {
    parts[part] = { ...parts[part], [key]: settings };
  }
  return parts;
}

function entryLines({ key, settings, reason, changes, remarks }: Translation, columns: number): string[] {
  const comment = (text: string) => {
    const [, words = text, command] = /^(.*?:) (pulumi .*)$/.exec(text) ?? [];
    if (command === undefined || text.length + 2 <= columns) return wrapped(`# ${text}`, columns, "# ");
    return [...wrapped(`# ${words}`, columns, "# "), `# ${command}`]; // whole: it is to be pasted
  };
  if (settings === undefined) return comment(`${key}: not in the settings: ${reason}`);
  const lines = yamlLines(key, settings, Math.min(WIDTH, changes.length > 0 ? columns - 2 : columns));
  const words = [...changes, ...remarks].flatMap(comment);
  return changes.length === 0 ? [...words, ...lines] : [...words, ...lines.map((line) => `# ${line}`)];
}

/** On one line where it fits. */
function yamlLines(key: string, settings: unknown, width: number): string[] {
  const document = new Document({ [key]: settings });
  const value = document.get(key, true);
  if (isCollection(value)) value.flow = true;
  const line = document.toString({ lineWidth: 0 }).trimEnd();
  if (!isCollection(value) || (line.length <= width && !line.includes("\n"))) return line.split("\n");
  value.flow = false;
  for (const pair of value.items) {
    if (isPair(pair) && isCollection(pair.value)) pair.value.flow = true;
  }
  return document.toString({ lineWidth: 0 }).trimEnd().split("\n");
}
