import type { Unfit } from "./health";
import { servedNow } from "./route";
import type { ProcessTarget, Target, Wanted } from "./traffic-wish";

/** What to say where containers can't have the traffic: why, their last words, what is left running, and what to do. */
export async function notFit(
  want: Wanted,
  unfit: ReadonlyMap<Target | ProcessTarget, Unfit>,
): Promise<string> {
  const stays = want.servers.length > 0 ? "traffic stays where it was" : "what ran before runs on";
  const causes = [...unfit].flatMap(([target, { why, reason, said, log }]) => [
    `${want.app}: the new container ${target.container}${ofProcess(target)} ${why}; ${stays}.`,
    ...(reason === undefined ? [] : [reason]),
    said,
    "Its last log lines:",
    log,
  ]);
  const left = await Promise.all(want.servers.map((server) => leftOn(want, server)));
  return [
    ...causes,
    ...(left.length > 0 ? ["What is left running:", ...left.map((line) => `  ${line}`)] : []),
    "Next: mend the app and berth up again, or berth rollback; either removes the new containers.",
  ].join("\n");
}

function ofProcess(target: Target | ProcessTarget): string {
  return "process" in target ? ` of process ${target.process}` : "";
}

async function leftOn({ app }: Wanted, server: Target): Promise<string> {
  const serving = await servedNow({ ...server, app }).catch(() => undefined);
  const old =
    serving === undefined
      ? "its edge proxy does not answer"
      : serving && serving !== server.container
        ? `${serving} serves on`
        : "nothing serves";
  return `${server.name}: ${old}; ${server.container} gets no traffic`;
}
