import { dockerHost } from "../../components/docker/docker-host";
import { messageOf, statusOf } from "../../components/values/error-facts";
import { type Drained, type Fallen, fallenText, lookAtHosts, silentText } from "../stack/look-at-hosts";
import type { OpenStack } from "../stack/open-stack";
import { withLock } from "../stack/with-lock";
import { told } from "../story/told";
import { CommandError } from "../terminal/exit";
import type { Report } from "../terminal/report";
import { colorOf } from "../terminal/report";

/**
 * Brings back what should run and doesn't, before an update: a stopped container is started; of one that is gone the engine
 * is told, which goes by its state, so that the update that follows makes it anew, and what depends on it. Processes of releases before
 * that have drained are removed.
 * @returns what the state no longer has
 * @throws CommandError where a container can't be started
 */
export async function heal(open: OpenStack, report: Report): Promise<readonly Fallen[]> {
  const { fallen, drained, silent } = await lookAtHosts(open.before);
  for (const one of silent) report.say(silentText(one));
  for (const one of drained) await remove(one, report);
  for (const one of fallen.filter(({ state }) => state === "stopped")) await start(one, report);
  // What was to be replaced is replaced by this update, or stays away.
  const gone = fallen.filter(({ state, outgoing }) => state === "gone" && !outgoing);
  if (gone.length === 0) return gone;
  for (const one of gone) report.say(`The ${fallenText(one)}: this update makes it anew.`);
  const asked = { color: colorOf(), onOutput: report.engine, showSecrets: false };
  const target = gone.map(({ urn }) => urn);
  await withLock(open, report, (run) =>
    told(run, { kind: "look", meanwhile: "looking at what is gone", report }, (heard) =>
      open.stack.refresh({ ...asked, target, ...heard }),
    ),
  );
  return gone;
}

/** One that stays is in nobody's way, and the next update tries again. */
async function remove({ docker, id, name }: Drained, report: Report): Promise<void> {
  try {
    await dockerHost(docker).getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    if (![404, 409].includes(statusOf(error) ?? 0))
      report.say(`${name} on ${docker} has ended, and could not be removed: ${messageOf(error)}`);
  }
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
