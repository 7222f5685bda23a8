import type { FileChange } from "../change/model/change";

/** What would be written into a file, for a terminal. */
export function fileLines({
  app,
  file,
  mergeRequest,
  changes,
  hasWindowsLineEnds,
  unproven,
  unknown,
}: FileChange): string[] {
  const how = mergeRequest ? "by a merge request" : "as a commit";
  const what = `writes ${app} to ${file}, ${how}`;
  if (unknown !== undefined) return [`${what}: not known what changes, ${unknown}`];
  if (changes.length === 0) return [`${what}: nothing changes`];
  return [
    `${what}:`,
    ...changes.flatMap(({ line, old, new: next }) => [`  ${line}:`, `  - ${old}`, `  + ${next}`]),
    ...(hasWindowsLineEnds
      ? ["  It has Windows line ends, and GitLab commits line feeds: every other line changes in that."]
      : []),
    ...(unproven === undefined ? [] : [`  ${unproven}`]),
  ];
}
