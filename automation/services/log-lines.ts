import { messageOf } from "../../components/values/error-facts";
import { CommandError, Exit } from "../terminal/exit";
import type { LogsArgs } from "./container-logs";
import { wholeNumber } from "./open-services";

export type LogOptions = {
  readonly [option in "tail" | "since" | "until" | "grep"]?: string | undefined;
};

/** Lines that are shown of a log where nothing says which; of each of all logs fewer, to be read at one look. */
const TAIL = 100;
export const TAIL_OF_ALL = 10;

/**
 * Which lines of a log the options mean.
 * @param now milliseconds since 1970
 * @param usual how many where nothing says which
 * @throws CommandError (exit 2) naming the option that says no such thing
 */
export function wantedLines(
  { tail, since, until, grep }: LogOptions,
  now = Date.now(),
  usual = TAIL,
): Pick<LogsArgs, "tail" | "since" | "until" | "grep"> {
  const isSome = [since, until, grep].some((option) => option !== undefined);
  const lines = {
    tail: isSome && tail === undefined ? undefined : wholeNumber("--tail", tail, usual),
    since: since === undefined ? undefined : timeOf("--since", since, now),
    until: until === undefined ? undefined : timeOf("--until", until, now),
    grep: grep === undefined ? undefined : patternOf(grep),
  };
  if (lines.since !== undefined && lines.until !== undefined && lines.since > lines.until)
    throw new CommandError(`--since ${since} is after --until ${until}: nothing is in between`, Exit.usage);
  return lines;
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds since 1970. A time without a zone is this machine's, as for the docker command. */
function timeOf(flag: string, given: string, now: number): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(given) ?? [];
  if (count !== undefined)
    return Math.floor(now / 1000) - Number(count) * SECONDS[unit as keyof typeof SECONDS];
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(given);
  // A day alone would begin in Greenwich.
  const time = isTime ? Date.parse(given.length === 10 ? `${given}T00:00` : given) : Number.NaN;
  if (!Number.isNaN(time)) return Math.floor(time / 1000);
  throw new CommandError(
    `${flag}: expected how long ago (10m, 2h, 1d) or a time (2026-11-30, 2026-11-30T08:15, with Z or +01:00 where it isn't this ` +
      `machine's), got "${given}"`,
    Exit.usage,
  );
}

function patternOf(given: string): RegExp {
  try {
    return new RegExp(given, "u");
  } catch (error) {
    throw new CommandError(`--grep: expected a regular expression: ${messageOf(error)}`, Exit.usage);
  }
}
