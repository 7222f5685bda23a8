import { CommandError, Exit } from "../terminal/exit";
import { type Service, shortName, withoutServer } from "./service";

/**
 * The services that a name means: `nexus`, `main-edge`, `web1/blog`, or `blog` for the app on all of its servers, and `blog/worker`
 * for a process of it, with all of its copies; `blog/worker-2` is one of these. An app called nexus is not Nexus: it is `main/nexus`.
 * @throws CommandError (exit 2) with the names that there are
 */
export function chooseServices(all: readonly Service[], wanted: readonly string[], stack: string): Service[] {
  const chosen = wanted.flatMap((name) => {
    const named = all.filter((service) => service.name === name);
    const found = named.length > 0 ? named : all.filter((service) => withoutServer(service) === name);
    if (found.length === 0) throw new CommandError(unknown(all, name, stack), Exit.usage);
    return found.flatMap((one) => [one, ...copiesOf(one, all)]);
  });
  return [...new Set(chosen)];
}

function copiesOf({ app, process, server, docker }: Service, all: readonly Service[]): Service[] {
  if (process === undefined) return [];
  return all.filter(
    (one) => one.copyOf === process && one.app === app && one.server === server && one.docker === docker,
  );
}

/** The one service that a name means, and of several copies the first. @throws CommandError (exit 2) where that isn't clear */
export function chooseService(all: readonly Service[], wanted: string, stack: string): Service {
  const chosen = chooseServices(all, [wanted], stack);
  const found = chosen.filter((one) => !chosen.some((first) => copiesOf(first, all).includes(one)));
  if (found.length === 1) return found[0]!;
  const names = found.map(({ name }) => name).join(" or ");
  throw new CommandError(`${wanted} runs on ${found.length} servers: say ${names}.`, Exit.usage);
}

/** Its container. @throws CommandError where its host doesn't answer or it isn't there */
export function containerOf(service: Service, all: readonly Service[], stack: string) {
  const name = shortName(service, all);
  if (service.state === "unreachable")
    throw new CommandError(`${name}: the Docker host ${service.docker} can't be reached: ${service.problem}`);
  if (service.container) return service.container;
  throw new CommandError(
    `${name} has no container on ${service.docker}. If it should be there: berth up ${stack}`,
  );
}

function unknown(all: readonly Service[], name: string, stack: string): string {
  const names = [...new Set(all.flatMap((service) => [shortName(service, all), service.name]))];
  const near = names.map((known) => ({ known, distance: distance(name, known) }));
  const [best] = near.sort((one, other) => one.distance - other.distance);
  const guess =
    best && best.distance <= Math.max(1, Math.floor(name.length / 2)) ? ` Did you mean ${best.known}?` : "";
  const list = [...new Set(all.map((service) => shortName(service, all)))].join(", ");
  return `The stack ${stack} has no service "${name}".${guess} It has ${list}. Another stack: --stack NAME.`;
}

/** How many letters have to be added, left out or changed (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + Number(one[i - 1] !== other[j - 1]);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
