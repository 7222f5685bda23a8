import type { UnderWay } from "../engine/file-backend";
import type { WorkloadLook } from "../gitops/look-at-clusters";
import { workloadNotes, workloadRows } from "../gitops/workloads-text";
import { fitting, foldedTable, textTable, wrapped } from "../terminal/text-table";
import { type Service, shortName } from "./service";

const HEAD = ["SERVICE", "STATE", "SINCE", "IMAGE", "PORTS", "HOST"];
const IMAGE = HEAD.indexOf("IMAGE");

/** What a table of services is told in. */
interface Around {
  readonly columns?: number;
  /** Whether an update is under way. @default "no" */
  readonly update?: UnderWay;
}

/**
 * A table of services for people, with what clusters run of the stack's apps below them. Where it doesn't fit, images go without their
 * registry, then what follows the first three columns stands below them.
 */
export function servicesText(
  services: readonly Service[],
  workloads: readonly WorkloadLook[] = [],
  { columns = Number.POSITIVE_INFINITY, update = "no" }: Around = {},
): string {
  const rows = services.map((service) => {
    const { state, container, docker } = service;
    const { status = "", image = "", ports = [] } = container ?? {};
    return [shortName(service, services), state, status, shortImage(image), ports.join(" "), docker];
  });
  const notes = [
    ...services.flatMap((service) => note(service, services, update)),
    ...workloadNotes(workloads),
  ];
  return [
    tableOf([...rows, ...workloadRows(workloads)], columns),
    ...notes.flatMap((line) => wrapped(line, columns, "  ")),
  ].join("\n");
}

function tableOf(rows: readonly string[][], columns: number): string {
  const short = rows.map((row) =>
    row.map((cell, column) => (column === IMAGE ? withoutRegistry(cell) : cell)),
  );
  return fitting(
    columns,
    () => textTable(HEAD, rows),
    () => textTable(HEAD, short),
    () =>
      foldedTable(
        HEAD.slice(0, IMAGE),
        short.map((row) => ({ cells: row.slice(0, IMAGE), below: row.slice(IMAGE) })),
        columns,
      ),
  );
}

/** What a machine gets. */
export function servicesJson(services: readonly Service[]) {
  return services.map((service) => ({ service: shortName(service, services), ...service }));
}

function note(service: Service, all: readonly Service[], update: UnderWay): string[] {
  const name = shortName(service, all);
  if (service.problem !== undefined)
    return [`${name}: ${service.docker} can't be reached: ${service.problem}`];
  const runs = (service.runs ?? []).map((one) => `${name}: ${one} is a command by hand (berth run)`);
  return [...runs, ...drainNotes(service, name), ...idleNotes(service, name, update)];
}

function drainNotes({ drains = [] }: Service, name: string): string[] {
  return drains.map(({ name: one, until, ended }) =>
    ended
      ? `${name}: ${one}, of a release before, has ended; the next berth up removes it`
      : `${name}: ${one}, of a release before, ends what it has begun, until ${until.toISOString().slice(0, 19)}Z at the latest`,
  );
}

/** A container that an update has just begun is no fault, and neither is what goes at its end. */
function idleNotes({ idle, newer = [], process }: Service, name: string, update: UnderWay): string[] {
  if (update === "yes")
    return idle.map((one) =>
      newer.includes(one)
        ? `${name}: ${one} is starting, no traffic yet: an update is under way`
        : `${name}: ${one} ran before, and goes at the end of the update that is under way`,
    );
  if (idle.length === 0) return [];
  const [one, several] = [idle.length === 1, idle.join(", ")];
  const is = process === undefined ? `${one ? "gets" : "get"} no traffic` : `${one ? "is" : "are"} left over`;
  const next = `the next berth up takes ${one ? "it" : "them"} away`;
  return [
    `${name}: ${several} ${is}; ${update === "unknown" ? `unless an update is under way, ${next}` : next}`,
  ];
}

/** `blog@sha256:…`, of each image in the cell. */
function withoutRegistry(images: string): string {
  return images.replace(/(^|, )[^/,]*[.:][^/,]*\//g, "$1");
}

/** 12 digits of a digest are enough to tell images apart; the rest of the line has to fit too. */
function shortImage(image: string): string {
  return image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1");
}
