/** GitLab masks no shorter ones, as they would hide half of a log. */
const SHORTEST = 8;
const INSTEAD = "[MASKED]";

/** Hides values in lines of a job's log, as GitLab does: what is whole within a line. */
export function masker(secrets: readonly string[]): (line: string) => string {
  const values = [...new Set(secrets)]
    .filter((value) => value.length >= SHORTEST && !value.includes("\n"))
    .sort((a, b) => b.length - a.length);
  return (line) => values.reduce((text, value) => text.replaceAll(value, INSTEAD), line);
}
