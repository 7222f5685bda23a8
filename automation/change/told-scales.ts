import { CONTAINER_TYPE } from "../../components/docker/resource-types";
import { type AppSettings, processesOn } from "../../components/settings/app-settings";
import type { PlannedChange } from "./model/change";

type Scaled = Pick<PlannedChange, "type" | "name" | "operation">;

/** What an update would change about the number of containers of a process, a sentence for each server. */
export function toldScales(changes: readonly Scaled[], apps: readonly AppSettings[]): string[] {
  const containers = changes.filter(({ type }) => type === CONTAINER_TYPE);
  return apps.flatMap((app) =>
    app.servers.flatMap((server) => {
      const here = processesOn(app, server);
      return Object.keys(app.processes).flatMap((process) => {
        const after = here.filter(({ copyOf }) => copyOf === process).length;
        const others = here.filter(({ copyOf }) => copyOf !== process).map((one) => one.process);
        const its = containers.filter((one) =>
          isCopy(one.name, { place: `${app.name}-${server}`, process, others }),
        );
        const before = after - count(its, "create") + count(its, "delete");
        if (before === after || before <= 0 || after === 0) return [];
        return [`${app.name}/${process} on ${server}: ${before} → ${after} containers`];
      });
    }),
  );
}

interface Of {
  /** `blog-web1`. */
  readonly place: string;
  readonly process: string;
  /** Names of the app's other processes there, of which one may look like a copy. */
  readonly others: readonly string[];
}

function isCopy(name: string, { place, process, others }: Of): boolean {
  if (!name.startsWith(`${place}-${process}`) || !name.endsWith("-container")) return false;
  const own = name.slice(place.length + 1, -"-container".length);
  return /^(-\d+)?$/.test(own.slice(process.length)) && !others.includes(own);
}

function count(changes: readonly Scaled[], operation: PlannedChange["operation"]): number {
  return changes.filter((one) => one.operation === operation).length;
}
