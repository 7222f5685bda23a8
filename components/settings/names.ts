import { posix } from "node:path";
import { copiesOf } from "./app/processes";
import type { Problem, ValidParts } from "./parts";

type Parts = Required<Pick<ValidParts, "servers" | "apps">> & Pick<ValidParts, "nexus">;

/** Docker's networks find containers by name, as labels of DNS. What is behind the names of app and server has the rest. */
const LONGEST_LABEL = 63;
const CONTAINER_SUFFIX = "-container-1234567".length;
const EDGE_SUFFIX = "-edge-a-1234567".length;

/** Resources and containers are named after apps, servers and volumes: names that come to the same there are one too many. */
export function checkNames({ nexus, servers, apps }: Parts, problem: Problem): void {
  if (nexus?.tls && Object.hasOwn(servers, "nexus"))
    problem(["servers", "nexus"], "nexus-edge is the proxy in front of Nexus: give the server another name");
  for (const server of Object.keys(servers))
    if (server.length + EDGE_SUFFIX > LONGEST_LABEL)
      problem(["servers", server], `expected a name of at most ${LONGEST_LABEL - EDGE_SUFFIX} characters`);
  const places = placesOf(apps);
  for (const place of places) {
    const { app, server, name, kind } = place;
    const process = "process" in place ? `process ${place.process}` : undefined;
    const twin = places.find((one) => one.kind === kind && one.name === name);
    if (twin !== undefined && twin !== place)
      problem(
        ["apps", app],
        `its ${process ?? kind} on ${server} would have the name of ${twin.app}'s on ${twin.server}, ${name}: rename one of them`,
      );
    const isLongest = !("process" in place) || place.isLast;
    if (kind === "container" && isLongest && name.length + CONTAINER_SUFFIX > LONGEST_LABEL)
      problem(
        ["apps", app],
        `its name${process ? `, ${process}` : ""} and ${server} are too long together: at most ${LONGEST_LABEL - CONTAINER_SUFFIX - 1} characters`,
      );
  }
}

/** Containers and volumes, as they are named. */
function placesOf(apps: Parts["apps"]) {
  return Object.entries(apps).flatMap(([app, { servers: on, volumes, processes }]) =>
    [...new Set(on)].flatMap((server) => {
      const at = `${app}-${server}`;
      const copies = Object.entries(processes).flatMap(([process, fields]) =>
        copiesOf(process, fields).map((copy, index) => ({
          process: copy,
          isLast: index + 1 === fields.count,
        })),
      );
      return [
        { app, server, name: at, kind: "container" },
        ...copies.map((copy) => ({ app, server, name: `${at}-${copy.process}`, kind: "container", ...copy })),
        ...Object.keys(volumes).map((volume) => ({ app, server, name: `${at}-${volume}`, kind: "volume" })),
      ];
    }),
  );
}

/** What Docker refuses of an app's container, which it would say only once the image is built and pulled. */
export function checkContainer(
  app: string,
  { volumes, tmpfs = [], env, secrets, hostPaths = {} }: Parts["apps"][string],
  problem: Problem,
): void {
  const at = (...path: string[]) => ["apps", app, ...path];
  const taken = new Map([["/", "the whole container"]]);
  if (Object.keys(secrets).length > 0) taken.set("/run/secrets", "the place of the app's secrets");
  const take = (path: string, where: string[], what: string) => {
    const place = posix.normalize(path).replace(/(?<=.)\/$/, "");
    const twin = taken.get(place);
    if (twin !== undefined) problem(where, `${path} is already ${twin}`);
    taken.set(place, what);
  };
  for (const [name, { path }] of Object.entries(volumes)) {
    take(path, at("volumes", name, "path"), `volumes.${name}`);
    if (path.includes(":"))
      problem(at("volumes", name, "path"), `expected a path without a colon, got ${JSON.stringify(path)}`);
  }
  for (const [host, { path }] of Object.entries(hostPaths))
    take(path, at("hostPaths", host), `hostPaths.${host}`);
  for (const folder of tmpfs) take(folder, at("tmpfs"), "a folder of tmpfs");
  for (const name of Object.keys(env))
    if (name === "" || /[=\0]/.test(name))
      problem(at("env", name), 'expected the name of a variable, without "="');
}
