import type Docker from "dockerode";
import { dockerHost, execIn } from "../docker/docker-host";
import { getFiles, putFiles } from "../docker/idle-container";
import { statusOf } from "../values/error-facts";
import type { Door } from "./door";
import { type EdgeSoftwareName, edgeSoftware } from "./software";
import type { EdgeSoftware } from "./software/edge-software";
import { CONFIG_PATH } from "./software/places";

/** An edge as resources name it. */
export interface EdgePlace {
  readonly docker: string;
  /** Volume of its configuration; with older versions the name of its one container. */
  readonly edge: string;
  /** What runs there, where nothing on the volume says so. @default caddy */
  readonly software?: EdgeSoftwareName | undefined;
}

/** An edge of before there were doors: it publishes its ports itself, and nothing can take one over without a gap. */
export interface OldEdge {
  /** Its container's name. */
  readonly container: string;
  /** What it publishes. @default every port that it serves */
  readonly ports?: readonly number[];
}

/** What is kept on the volume of an edge about itself; containers by their names. */
export interface EdgeNotes {
  readonly software: EdgeSoftwareName;
  /** The two behind the doors; none where an old edge has all the ports. */
  readonly edges: readonly string[];
  /** The one of them, or of the two before them, that doors lead to. */
  readonly active?: string | undefined;
  readonly doors: readonly Door[];
  readonly old?: OldEdge | undefined;
}

/** What a file on the volume is to hold. @default mode 0644 */
export interface EdgeFile {
  readonly content: string;
  readonly mode?: number;
}

export interface Member {
  readonly name: string;
  readonly container: Docker.Container;
}

const NOTES = "edge.json";

/** All that runs of one edge: of one server, or in front of Nexus. */
export class RunningEdge {
  /** True where a run was killed while it changed the files: what they say has not been loaded. */
  unsettled = false;

  constructor(
    readonly docker: Docker,
    readonly volume: string,
    readonly running: ReadonlyMap<string, Docker.Container>,
    public notes: EdgeNotes,
  ) {}

  /** The same with other containers, before that is noted. */
  as(members: Omit<EdgeNotes, "active">): RunningEdge {
    const notes = { ...members, active: this.notes.active };
    return new RunningEdge(this.docker, this.volume, this.running, notes);
  }

  get software(): EdgeSoftware {
    return edgeSoftware[this.notes.software];
  }

  /** Those behind the doors that run. */
  get pair(): Member[] {
    return this.membersNamed(this.notes.edges);
  }

  get active(): Member | undefined {
    return this.membersNamed(this.notes.active === undefined ? [] : [this.notes.active])[0];
  }

  get old(): Member | undefined {
    const { old } = this.notes;
    return this.membersNamed(old ? [old.container] : [])[0];
  }

  /** Whether requests on a port come to the old edge. */
  isOlds(publish: number): boolean {
    const { old } = this.notes;
    return old !== undefined && (old.ports === undefined || old.ports.includes(publish));
  }

  /** Runs a command in one of its containers, to reach the volume. @throws Error with what it printed */
  async run(command: string[]): Promise<string> {
    return runIn(this.any, command);
  }

  /** The files of a folder of the volume, by their paths. */
  async files(folder: string): Promise<Map<string, string>> {
    const found = (await getFiles(this.any, folder)) ?? new Map<string, Buffer>();
    const parent = folder.slice(0, folder.lastIndexOf("/"));
    return new Map([...found].map(([name, content]) => [`${parent}/${name}`, content.toString()]));
  }

  /** Writes files of the volume, and takes away those that are to go. */
  async write(files: ReadonlyMap<string, EdgeFile | undefined>): Promise<void> {
    const gone = [...files].filter(([, file]) => file === undefined).map(([path]) => path);
    const entries = [...files].flatMap(([path, file]) =>
      file ? [{ name: path.slice(CONFIG_PATH.length + 1), mode: 0o644, ...file }] : [],
    );
    if (entries.length > 0) await putFiles(this.any, CONFIG_PATH, entries);
    if (gone.length > 0) await this.run(["rm", "-f", ...gone]);
  }

  async note(notes: EdgeNotes): Promise<void> {
    if (JSON.stringify(notes) === JSON.stringify(this.notes)) return;
    const content = `${JSON.stringify(notes, null, 2)}\n`;
    await putFiles(this.any, CONFIG_PATH, [{ name: `${NOTES}.new`, mode: 0o644, content }]);
    await this.run(["mv", `${CONFIG_PATH}/${NOTES}.new`, `${CONFIG_PATH}/${NOTES}`]);
    this.notes = notes;
  }

  private get any(): Docker.Container {
    return [...this.running.values()][0]!; // there is no RunningEdge without one
  }

  private membersNamed(names: readonly string[]): Member[] {
    return names.flatMap((name) => {
      const container = this.running.get(name);
      return container ? [{ name, container }] : [];
    });
  }
}

/** @throws Error with what the command printed where it fails */
export async function runIn(container: Docker.Container, command: string[]): Promise<string> {
  const { exitCode, output } = await execIn(container, command);
  if (exitCode !== 0) throw new Error(output.trim() || `${command[0]} ended with exit code ${exitCode}`);
  return output;
}

/** How an edge is looked for. */
export interface Search {
  /** Volume of its configuration, where it is known already. */
  readonly volume?: string;
  /** Takes containers that are stopped, too: what is on the volume can be read by them, and nothing else done. */
  readonly stopped?: boolean;
}

/**
 * What runs of an edge now; undefined where nothing does.
 * @throws Error where its Docker host isn't reached
 */
export async function findEdge(place: EdgePlace, search: Search = {}): Promise<RunningEdge | undefined> {
  const docker = dockerHost(place.docker);
  const volume = search.volume ?? (await edgeVolume(place));
  const found = await docker.listContainers({ all: search.stopped ?? false, filters: { volume: [volume] } });
  const running = new Map(
    found.map(({ Id, Names }) => [Names[0]?.replace(/^\//, "") ?? Id, docker.getContainer(Id)]),
  );
  const [first] = running.entries();
  if (!first) return undefined;
  const [name, container] = first;
  const notes = (await notesIn(container)) ?? {
    // Before there were notes there was one container.
    software: place.software ?? (await softwareIn(container)),
    edges: [],
    doors: [],
    old: { container: name },
  };
  return new RunningEdge(docker, volume, running, notes);
}

/** The name of a container of an edge that can be had to ask something on its network; undefined where nothing of it runs. */
export async function askerAt(place: EdgePlace): Promise<string | undefined> {
  const edge = await findEdge(place);
  return (edge?.active ?? edge?.pair[0] ?? edge?.old)?.name;
}

async function notesIn(container: Docker.Container): Promise<EdgeNotes | undefined> {
  const file = (await getFiles(container, `${CONFIG_PATH}/${NOTES}`))?.get(NOTES);
  if (file === undefined) return undefined;
  const notes: EdgeNotes = JSON.parse(file.toString());
  return notes;
}

/** The volume may have files of the software that was there before; of main files each image has its own. */
async function softwareIn(container: Docker.Container): Promise<EdgeSoftwareName> {
  return (await getFiles(container, edgeSoftware.nginx.configFile)) === undefined ? "caddy" : "nginx";
}

/** Volume of an edge's configuration, by which all of it is found. The state of older versions names its container. */
export async function edgeVolume({ docker, edge }: EdgePlace): Promise<string> {
  try {
    const { Mounts = [] } = await dockerHost(docker).getContainer(edge).inspect();
    return Mounts.find(({ Destination }) => Destination === CONFIG_PATH)?.Name ?? edge;
  } catch (error) {
    if (statusOf(error) === 404) return edge;
    throw error;
  }
}
