import { minuteText } from "../../components/values/plain-words";
import { fitting, foldedTable, textTable, wrapped } from "../terminal/text-table";
import type { Deployment } from "./deployments";
import type { Running } from "./running-digests";

/** An app's releases, newest first, each with the servers and clusters that run it now. */
export interface ReleaseList {
  readonly app: string;
  /** Its name before. */
  readonly was?: string;
  readonly releases: readonly (Deployment & { readonly runsOn: readonly string[] })[];
  readonly running: readonly Running[];
  /** Files that it is written to for clusters that nobody asks. */
  readonly files?: readonly string[];
}

/** Puts the servers to the latest deployment of what they run. */
export function releaseList(
  app: string,
  deployments: readonly Deployment[],
  running: readonly Running[],
): ReleaseList {
  const releases = deployments.map((deployment) => {
    const { digest, result } = deployment;
    const latest = deployments.find((one) => one.digest === digest && one.result === "succeeded");
    const isIt = digest !== undefined && result === "succeeded" && latest === deployment;
    const runsOn = running.filter((one) => isIt && one.digest === digest).map(({ server }) => server);
    return { ...deployment, runsOn };
  });
  return { app, releases, running };
}

const HEAD = ["TAG", "DIGEST", "COMMIT", "FROM", "WHEN (UTC)", "WHO", "PIPELINE", "RESULT", "RUNS ON"];

/**
 * A table for people; of several apps, one each under its name. Where it doesn't fit, the digest and where a release comes from stand
 * below it.
 */
export function releasesText(lists: readonly ReleaseList[], columns = Number.POSITIVE_INFINITY): string {
  return lists
    .map((list) => {
      const said = notes(list).flatMap((note) => wrapped(note, columns, "  "));
      const lines = [tableOf(list, columns), ...said].join("\n");
      return lists.length === 1 ? lines : `${list.app}\n${lines}`;
    })
    .join("\n\n");
}

function tableOf({ app, releases }: ReleaseList, columns: number): string {
  if (releases.length === 0) return `${app} was never deployed.`;
  const rows = releases.map((release) => [
    release.tag,
    release.digest?.slice(0, "sha256:".length + 12) ?? "",
    release.commit?.slice(0, 12) ?? "",
    release.from ?? "",
    release.when === undefined ? "by hand" : minuteText(release.when),
    release.who ?? "",
    release.pipeline ?? "",
    release.result,
    release.runsOn.join(", "),
  ]);
  return fitting(
    columns,
    () => textTable(HEAD, rows),
    ...FOLDED.map(
      (head) => () =>
        foldedTable(
          head,
          rows.map((row) => folded(row, head)),
          columns,
        ),
    ),
  );
}

/** What stays beside a tag where there is less and less room. */
const FOLDED = [
  ["TAG", "WHEN (UTC)", "RESULT", "RUNS ON"],
  ["TAG", "WHEN (UTC)", "RESULT"],
];

/** What is told below is told with the word that its column has as its head. */
function folded(row: readonly string[], head: readonly string[]) {
  const of = (column: string) => row[HEAD.indexOf(column)] ?? "";
  const named = (column: string, word: string) =>
    of(column) === "" || head.includes(column) ? "" : `${word} ${of(column)}`;
  const commit = of("TAG").startsWith(of("COMMIT")) ? "" : named("COMMIT", "commit");
  const from = [named("FROM", "from"), named("WHO", "by"), named("PIPELINE", "pipeline")];
  return { cells: head.map(of), below: [named("RUNS ON", "runs on"), of("DIGEST"), commit, ...from] };
}

function notes(list: ReleaseList): string[] {
  const { app, was, files = [] } = list;
  const before = `Its releases from when ${app} was ${was} are not listed; the registries have them as ${was}.`;
  const unseen = files.map((file) => `It is written to ${file}; nobody looked whether pods run it.`);
  return [...(was === undefined ? [] : [before]), ...serverNotes(list), ...unseen];
}

function serverNotes({ app, releases, running }: ReleaseList): string[] {
  return running.flatMap(({ server, state, digest, problem }) => {
    if (problem !== undefined) return [`${server} can't be reached, so what it runs isn't known: ${problem}`];
    if (state === "missing") return [`${server} has no container of ${app}.`];
    const known = releases.some(({ runsOn }) => runsOn.includes(server));
    const other = known
      ? []
      : [`${server} runs ${digest ?? "another image"}, which is no release of this history.`];
    return state === "running" ? other : [...other, `${app} on ${server} is ${state}.`];
  });
}
