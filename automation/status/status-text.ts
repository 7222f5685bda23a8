import { minuteText, plural } from "../../components/values/plain-words";
import { textTable } from "../terminal/text-table";
import type { AppStatus, StackStatus, WhereWeAre } from "./where-we-are";

/** A command that makes sense now, and what it is for. */
export interface NextCommand {
  readonly command: string;
  readonly why: string;
}

/** So many are more help than all. */
const MOST = 3;

const HEAD = ["APP", "RELEASE", "DEPLOYED (UTC)", "SINCE THEN"];

const ELSEWHERE: readonly NextCommand[] = [
  { command: "berth init --dry-run", why: "prints what a repository with a Dockerfile needs" },
  { command: "berth init", why: "asks, and writes it" },
];

/** What to type where there is no project. */
export function elsewhereText(folder: string): string {
  return [`No Pulumi project in ${folder}, nor in a folder above it.`, "", ...nextLines(ELSEWHERE)].join(
    "\n",
  );
}

export function statusText(where: WhereWeAre): string {
  const { project, folder, stacks } = where;
  const title = `${project}, in ${folder}`;
  const none = stacks.length === 0 ? ["", "It has no stack yet: no file Pulumi.<stack>.yaml."] : [];
  const parts = stacks.flatMap((one) => ["", one.stack, ...stackLines(one)]);
  return [title, ...none, ...parts, "", ...nextLines(nextCommands(where))].join("\n");
}

function stackLines({ problem, apps }: StackStatus): string[] {
  if (problem !== undefined) return [`  can't be looked at: ${problem.replace(/\n/g, "\n  ")}`];
  if (apps.length === 0) return ["  no app in its settings"];
  const rows = apps.map((one) => [one.app, one.deployed?.tag ?? "none", whenText(one), newsText(one)]);
  return textTable(HEAD, rows)
    .split("\n")
    .map((line) => `  ${line}`);
}

function whenText({ deployed }: AppStatus): string {
  if (deployed === undefined) return "";
  const { when, who, from } = deployed;
  const time = when === undefined ? "by hand" : minuteText(when);
  return [time, who && `by ${who}`, from && `from ${from}`].filter(Boolean).join(" ");
}

/** What has changed since. */
function newsText(app: AppStatus): string {
  const { deployed, failed, next, isPinned, isGiven, commits } = app;
  const ofFailed = failed && !isLeft(app) ? `${failed.tag} failed` : "";
  if (deployed === undefined) return ofFailed;
  if (isHeld(app)) return `pinned; ${commitsText(commits)}`;
  const told = () => {
    if (next === undefined || next === deployed.tag) return "";
    if (isPinned) return `pinned to ${next}`;
    if (isGiven) return `the settings have ${next}`;
    if (next.includes("-dirty-")) return "uncommitted changes";
    return commitsText(commits);
  };
  return [told(), ofFailed].filter(Boolean).join("; ");
}

function commitsText(commits: number | undefined): string {
  if (commits === undefined || commits === 0) return "another commit";
  return plural(commits, "commit");
}

/** What `up` would deploy runs already: what failed after it was left, by a rollback or in git. */
const isLeft = ({ deployed, next }: AppStatus) => next !== undefined && next === deployed?.tag;

/** `up` deploys none of the commits since, as the settings pin what runs: so it is after a rollback. */
const isHeld = (app: AppStatus) => app.isPinned && isLeft(app) && (app.commits ?? 0) > 0;

/** The three commands that make sense now, the most urgent first. */
export function nextCommands({ stacks }: WhereWeAre): readonly NextCommand[] {
  const known = stacks.filter(({ problem }) => problem === undefined);
  const all = [
    ...stacks.filter(({ problem }) => problem !== undefined).map(lookAtIt),
    ...known.flatMap(ofStack),
    ...promotions(known),
    ...known.slice(0, 1).flatMap(({ stack }) => ofQuietStack(stack)),
    ...(stacks.length === 0 ? ELSEWHERE : []),
  ];
  const isFirst = (one: NextCommand, at: number) =>
    all.findIndex(({ command }) => command === one.command) === at;
  return all.filter(isFirst).slice(0, MOST);
}

const lookAtIt = ({ stack }: StackStatus): NextCommand => ({
  command: `berth doctor ${stack}`,
  why: "says what is wrong, and what to do about it",
});

function ofStack({ stack, apps }: StackStatus): NextCommand[] {
  const isNew = apps.length > 0 && apps.every(({ deployed, failed }) => !deployed && !failed);
  // One that waits for a promotion has nothing to build.
  if (isNew && apps.some(({ next }) => next !== undefined))
    return [
      { command: `berth doctor ${stack}`, why: "whether all is there that it needs" },
      { command: `berth up ${stack}`, why: "makes it, and deploys" },
    ];
  const failed = apps.find((one) => one.failed && !isLeft(one));
  if (failed)
    return [
      { command: `berth up ${stack}`, why: `tries again what failed: ${failed.app} ${failed.failed?.tag}` },
      { command: `berth doctor ${stack}`, why: "looks at all that it needs" },
    ];
  const isBehind = ({ deployed, next }: AppStatus) => next !== undefined && next !== deployed?.tag;
  if (!apps.some(isBehind)) return apps.some(isHeld) ? [ofHeld(stack)] : [];
  return [
    { command: `berth preview ${stack}`, why: "shows what up would change" },
    { command: `berth up ${stack}`, why: "deploys what has changed since" },
  ];
}

const ofHeld = (stack: string): NextCommand => ({
  command: `berth up ${stack} --unpin`,
  why: "takes the pin out, and deploys the working commit",
});

/** From a stack that builds to those that run what was built there. */
function promotions(stacks: readonly StackStatus[]): NextCommand[] {
  const isSource = ({ apps }: StackStatus) => apps.some(({ isPinned, deployed }) => !isPinned && deployed);
  const source = stacks.find(isSource);
  if (!source) return [];
  const tags = new Map(source.apps.map(({ app, deployed }) => [app, deployed?.tag]));
  const runsOther = ({ app, deployed }: AppStatus) =>
    tags.get(app) !== undefined && tags.get(app) !== deployed?.tag;
  return stacks
    .filter((one) => one !== source && !isSource(one) && one.apps.some(runsOther))
    .map(({ stack }) => ({
      command: `berth promote ${source.stack} ${stack}`,
      why: `deploys there what ${source.stack} runs, by digest`,
    }));
}

const ofQuietStack = (stack: string): NextCommand[] => [
  { command: `berth ps ${stack}`, why: "what runs on its servers, and whether it is healthy" },
  { command: `berth releases ${stack}`, why: "what was deployed when, and which server runs what" },
  { command: `berth rollback ${stack}`, why: "deploys the release before again" },
];

function nextLines(commands: readonly NextCommand[]): string[] {
  const width = Math.max(...commands.map(({ command }) => command.length));
  const lines = commands.map(({ command, why }) => `  ${command.padEnd(width)}  ${why}`);
  return ["What makes sense now:", ...lines, "All commands: berth help"];
}
