import type { Finding } from "./finding";

const STATES = ["fail", "warn", "ok"] as const;

/** A line for each, what to do below it, and at the end how many of each kind. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const indent = " ".repeat(6);
  const lines = findings.flatMap(({ what, state, text, advice }) => {
    const [first = "", ...more] = text.split("\n");
    return [
      `${state.padEnd(indent.length)}${what.padEnd(width)}  ${first}`,
      ...[...more, ...(advice?.split("\n").map((line) => `→ ${line}`) ?? [])].map(
        (line) => `${indent}${" ".repeat(width)}  ${line}`,
      ),
    ];
  });
  const counts = STATES.map((state) => `${findings.filter((one) => one.state === state).length} ${state}`);
  return [...lines, "", counts.join(", ")].join("\n");
}
