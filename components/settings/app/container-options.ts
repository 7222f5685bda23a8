import { posix } from "node:path";
import { z } from "zod";
import {
  checked,
  expected,
  flag,
  ipAddress,
  listOf,
  matching,
  megabytes,
  oneOf,
  recordOf,
  whole,
  writtenAs,
} from "../fields";

/** What of an app's container few need: labels, limits, names of hosts, devices, paths of the server, its log. docs/deploy.md has examples. */

const absolute = () => matching(/^\/[^:\0]*$/, "an absolute path without a colon");
const word = () => z.string(expected("a text"));
/** A text or number alone stands for settings that have it in one place. */
const short = <S, T extends z.ZodType>(alone: z.ZodType<S>, long: (given: S) => object, schema: T) =>
  writtenAs(
    z.union([alone, schema]),
    z.preprocess((given) => {
      const { success, data } = alone.safeParse(given);
      return success ? long(data) : given;
    }, schema),
  );

/** As `ulimit` counts them; what there is is for the kernel to say (getrlimit(2)). */
const LIMITS =
  /^(core|cpu|data|fsize|locks|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|rttime|sigpending|stack)$/;
const limit = () => whole(-1, "a limit, a whole number, or -1 for none");
const ulimit = short(
  z.number(),
  (given) => ({ soft: given, hard: given }),
  z.strictObject({
    soft: limit().describe("What holds at first."),
    hard: limit().describe("Up to where the app may raise it."),
  }),
);

const isAddress = (given: string) => given === "host-gateway" || /^[\d.]+$|^\[?[\da-fA-F:.]+\]?$/.test(given);

const device = short(
  z.string(),
  (path) => ({ path }),
  z.strictObject({
    path: matching(/^\/dev\/[^:\0]+$/, "a device like /dev/ttyUSB0").describe(
      "Path of the device on the server.",
    ),
    inside: absolute().optional().describe("Path in the container. Without it: as on the server."),
    permissions: matching(/^(?=[rwm])r?w?m?$/, "r, w and m, for reading, writing and making")
      .default("rwm")
      .describe("What the app may do with it: `r` read, `w` write, `m` make."),
  }),
);

const hostPath = short(
  z.string(),
  (path) => ({ path }),
  z.strictObject({
    path: absolute().describe("Path in the container."),
    readOnly: flag().default(true).describe("The app can't write there."),
  }),
);

export const containerOptions = {
  labels: recordOf(word(), "labels", matching(/^[^\s=]+$/, "a label's name, without spaces"))
    .optional()
    .describe("Labels of the container, for what else runs on the server."),
  ulimits: recordOf(ulimit, "limits", matching(LIMITS, "a limit like nofile or memlock"))
    .optional()
    .describe("Limit → number, or soft and hard one, as `ulimit` counts them: `nofile: 65536`; -1 is none."),
  extraHosts: recordOf(
    checked(isAddress, "an IP address or host-gateway", "^(host-gateway|[0-9.]+|\\[?[0-9A-Fa-f:.]+\\]?)$"),
    "addresses",
    matching(/^[\w.-]+$/, "a host's name"),
  )
    .optional()
    .describe("Name → address: lines of its /etc/hosts. `host-gateway` is the server itself."),
  dns: listOf(ipAddress(), "a list of IP addresses")
    .optional()
    .describe("Name servers that it asks in place of the server's own."),
  devices: listOf(device, "a list of devices")
    .optional()
    .describe("Devices of the server, each by its path or with more."),
  gpus: oneOf("all")
    .optional()
    .describe("`all`: the server's GPUs, by the runtime that their maker has for Docker."),
  shmSize: megabytes(1)
    .optional()
    .describe("Megabytes of /dev/shm, within `memory`. Without it: Docker's 64."),
  hostPaths: recordOf(hostPath, "paths", absolute())
    .optional()
    .describe("Path on the server → path in the container, or that and more."),
  log: z
    .strictObject({
      driver: matching(/^[a-z][\w.:/-]*$/, "a log driver like local or syslog").describe(
        "Docker's log driver, as `local` or `syslog`.",
      ),
      options: z
        .record(z.string(), word(), expected("options by name"))
        .default({})
        .describe("The driver's own options, by name."),
    })
    .optional()
    .describe("Where what it prints goes. Without it: json-file, three files of 10 MB."),
};

const schema = z.object(containerOptions);
export type ContainerOptions = z.infer<typeof schema>;

/** What Docker itself needs of a server: who has it has the server. */
const SOCKET = /\/(docker|containerd|podman|buildkitd|crio)\.sock$/;
const SOCKETS = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"];
const DOCKERS_FILES = ["/var/lib/docker", "/var/lib/containerd", "/etc/docker"];
/** The memory and the ports of the machine. */
const WHOLE_MACHINE = ["/dev/mem", "/dev/kmem", "/dev/port"];

type At = (path: readonly string[], message: string) => void;

/** What would give an app more than the server's administrator can have meant. @param sockets of the Docker that it runs on */
export function checkOptions(
  { labels = {}, ulimits = {}, devices = [], hostPaths = {} }: ContainerOptions,
  sockets: readonly string[],
  problem: At,
): void {
  for (const label of Object.keys(labels)) {
    if (/^berth\./.test(label))
      problem(
        ["labels", label],
        "by its own labels, berth.…, Berth tells what is whose: give it another name",
      );
    if (/^(com\.docker|io\.docker|org\.dockerproject)\./.test(label))
      problem(["labels", label], "Docker keeps such names for itself: give it another one");
  }
  for (const [name, { soft, hard }] of Object.entries(ulimits))
    if (hard !== -1 && (soft === -1 || soft > hard))
      problem(["ulimits", name], `expected a soft limit of at most the hard one, ${hard}, got ${soft}`);
  for (const [index, { path }] of devices.entries())
    if (WHOLE_MACHINE.includes(posix.normalize(path)))
      problem(["devices", String(index)], `${path} is the whole machine's memory or ports: no app gets it`);
  for (const path of Object.keys(hostPaths)) {
    const message = refusal(path, [...SOCKETS, ...sockets]);
    if (message !== undefined) problem(["hostPaths", path], message);
  }
}

function refusal(path: string, sockets: readonly string[]): string | undefined {
  const place = posix.normalize(path).replace(/(?<=.)\/$/, "");
  if (place !== path) return `expected the path itself, ${place}`;
  const socket = SOCKET.test(place) ? place : sockets.find((one) => isIn(one, place));
  if (socket === place)
    return "who has Docker's socket has the whole server: no app gets it, not even to read";
  if (socket !== undefined)
    return `${socket} is in it, and who has Docker's socket has the whole server, also to read: name the folder that the app needs`;
  const files = DOCKERS_FILES.find((one) => isIn(place, one) || isIn(one, place));
  return (
    files &&
    `it has Docker's own files (${files}), with those of every container: name the folder that the app needs`
  );
}

/** Whether it is that folder or something in it. */
function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
