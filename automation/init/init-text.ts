import type { InitResult } from "./init";

const ACTIONS = { new: "new", changed: "changed", unchanged: "there already" };

/** What was written, as lines for people. @param dryRun whether nothing was: then what would be is shown whole */
export function initText({ files, next }: InitResult, dryRun: boolean): string {
  const touched = files.filter(({ action }) => action !== "unchanged");
  if (touched.length === 0) return "All is there already; nothing was changed.";
  const list = files.map(({ name, action }) => `${ACTIONS[action].padEnd(13)}  ${name}`);
  if (dryRun) {
    const whole = touched.map(
      ({ name, action, text }) => `\n--- ${name} (${ACTIONS[action]})\n${text.trimEnd()}`,
    );
    return [...list, ...whole, "", "Nothing was written."].join("\n");
  }
  return [...list, "", "Read them; then:", ...next.map((line) => `  ${line}`)].join("\n");
}

/** The same for machines. Only a dry run has the texts: else they are in the files. */
export function initJson({ folder, files, notices, next }: InitResult, dryRun: boolean) {
  const listed = files.map(({ name, action, text }) => ({ name, action, ...(dryRun && { text }) }));
  return { folder, files: listed, notices, next };
}
