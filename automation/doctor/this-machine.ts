import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";

/** Where advice is typed, as far as commands differ. */
export interface ThisMachine {
  readonly platform: NodeJS.Platform;
  /** Who is root has often no sudo, as in containers. */
  readonly isRoot: boolean;
  /** A job of CI: what is installed in it is gone with it. */
  readonly isJob: boolean;
  readonly hasNvm: boolean;
  has(program: string): boolean;
}

export function thisMachine(env: NodeJS.ProcessEnv = process.env): ThisMachine {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    isJob: Boolean(env["CI"]),
    hasNvm: Boolean(env["NVM_DIR"]),
    has: (program) => isOnPath(program, env["PATH"]),
  };
}

export function isOnPath(program: string, path = process.env["PATH"]): boolean {
  return (path ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * How `berth` is called here. `npx` puts its folder on the PATH of what it runs, which the shell doesn't have; where no package is
 * installed it would take somebody else's.
 */
export function berthCommand(
  path = process.env["PATH"] ?? "",
  folder = process.cwd(),
  own = process.argv[1],
): string {
  const inBin = join("node_modules", ".bin");
  const folders = path.split(delimiter).filter((one) => !one.endsWith(`${sep}${inBin}`));
  if (own === undefined || isOnPath("berth", folders.join(delimiter))) return "berth";
  const above = [folder];
  while (dirname(above[0]!) !== above[0]) above.unshift(dirname(above[0]!));
  return above.some((one) => existsSync(join(one, inBin, "berth"))) ? "npx berth" : `node ${own}`;
}

export const asRoot = (command: string, { isRoot }: Pick<ThisMachine, "isRoot">) =>
  isRoot ? command : `sudo ${command}`;

/** How each installs a package without a question; apt's lists are empty in images. */
const MANAGERS: readonly (readonly [string, (name: string, machine: ThisMachine) => string])[] = [
  ["brew", (name) => `brew install ${name}`],
  ["apt-get", (name, on) => `${asRoot("apt-get update", on)} && ${asRoot(`apt-get install -y ${name}`, on)}`],
  ["apk", (name, on) => asRoot(`apk add ${name}`, on)],
  ["dnf", (name, on) => asRoot(`dnf install -y ${name}`, on)],
];

/** @param names of the package, where it is called otherwise than `name` */
export function installation(
  name: string,
  on = thisMachine(),
  names: Readonly<Record<string, string>> = {},
): string {
  const [manager, install] = MANAGERS.find(([program]) => on.has(program)) ?? [];
  if (install === undefined || manager === undefined) return `Install ${name} as this system does it`;
  return `${install(names[manager] ?? name, on)}${on.isJob ? " # in its before_script, or in the job's image" : ""}`;
}

/** A Node that is new enough. Debian's own package may be older than it. */
export function newerNode(on = thisMachine()): string {
  if (on.isJob) return "Give the job an image with Node 22, such as `image: node:22`";
  if (on.hasNvm) return "nvm install 22 && nvm use 22";
  if (on.has("brew")) return "brew install node@22 && brew link --overwrite node@22";
  return `${asRoot("npx --yes n 22", on)} && hash -r # puts it into /usr/local`;
}

/** What tells whether the system can look a name up. */
export const nameLookup = (host: string, on: Pick<ThisMachine, "platform"> = thisMachine()) =>
  on.platform === "darwin" ? `dscacheutil -q host -a name ${host}` : `getent hosts ${host}`;

/** How a secret comes into the environment: typed unseen, as no shell's history is to have it. */
export const askedFor = (variable: string, on: Pick<ThisMachine, "isJob"> = thisMachine()) =>
  on.isJob
    ? `Set ${variable} as a masked variable of the project: Settings → CI/CD → Variables`
    : `read -rs ${variable} && export ${variable}`;

/** What makes a folder the user's own, and nothing else beside it. */
export const ownFolder = (folder: string) =>
  existsSync(folder) ? `sudo chown -R "$(id -u)" ${folder}` : `sudo install -d -o "$(id -u)" ${folder}`;

/** What has this machine's Docker run. */
export function dockerStart(on = thisMachine()): string {
  if (on.platform === "darwin") return "open -a Docker # where there is none: brew install --cask docker";
  if (on.isJob)
    return "Give the job a Docker: the runner's socket as a volume, or DOCKER_HOST (docs/gitlab.md, The runner)";
  const start = on.has("systemctl") ? "systemctl start docker" : "service docker start";
  const { has } = on;
  const install = installation("docker", { ...on, has }, { "apt-get": "docker.io" });
  return `${asRoot(start, on)} # where there is none: ${install}`;
}
