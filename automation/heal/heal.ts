import { dockerHost } from "../../components/docker-host";
import { colorOf } from "../apply";
import { CommandError } from "../exit";
import { messageOf } from "../message-of";
import type { OpenStack } from "../open-stack";
import type { Report } from "../report";
import { withLock } from "../with-lock";
import { type Fallen, fallenText, lookAtHosts, silentText } from "./look";

/**
 * Brings back what should run and doesn't, before an update: a stopped container is started; of one that is gone the engine
 * is told, which goes by its state, so that the update that follows makes it anew, and what depends on it.
 * @returns what the state no longer has
 * @throws CommandError where a container can't be started
 */
export async function heal(open: OpenStack, report: Report): Promise<readonly Fallen[]> {
  const { fallen, silent } = await lookAtHosts(open.before);
  for (const one of silent) report.say(silentText(one));
  for (const one of fallen.filter(({ state }) => state === "stopped")) await start(one, report);
  const gone = fallen.filter(({ state }) => state === "gone");
  if (gone.length === 0) return gone;
  for (const one of gone) report.say(`The ${fallenText(one)}: this update makes it anew.`);
  await withLock(open, report, (run) =>
    open.stack.refresh({
      target: gone.map(({ urn }) => urn),
      color: colorOf(),
      onOutput: report.engine,
      ...run,
    }),
  );
  return gone;
}

async function start(one: Fallen, report: Report): Promise<void> {
  report.say(`The ${fallenText(one)}: starting it.`);
  try {
    await dockerHost(one.docker).getContainer(one.id).start();
  } catch (error) {
    throw new CommandError(
      `The ${fallenText(one)} and can't be started: ${messageOf(error)}. ` +
        `Free what it needs, or remove it (docker rm ${one.id.slice(0, 12)} there), and run up again: it is then made anew.`,
    );
  }
}
