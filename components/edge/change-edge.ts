import { setTimeout as sleep } from "node:timers/promises";
import { execIn } from "../docker-host";
import { getFiles, putFiles } from "../idle-container";
import { connectionsFrom, socketsIn } from "./connections";
import { doorLeadsTo, turnDoor } from "./door";
import { EdgeUndo } from "./edge-undo";
import { ENDING_FILE, sitesFolder } from "./places";
import {
  type EdgeFile,
  type EdgeNotes,
  type EdgePlace,
  edgeVolume,
  findEdge,
  type Member,
  type RunningEdge,
  runIn,
} from "./running-edge";
import type { EdgeForm } from "./software";

export interface EdgeChange {
  /** By path, only those that differ from what is there; undefined: it is to go. */
  readonly files: ReadonlyMap<string, EdgeFile | undefined>;
  /** The main configuration, as each form of edge has it. @default as it is */
  readonly main?: { readonly [form in EdgeForm]: string };
  /** The containers, where they are others than before. `active` stays as it is. */
  readonly members?: Omit<EdgeNotes, "active">;
  /** Load also where no configuration differs: what it names does. */
  readonly force?: boolean;
}

/** Milliseconds: kept connections end with their next response, which most clients ask for soon. */
const DRAIN_MS = 3000;
/** The same of an edge that stands alone: new connections come all the time, and it is never without. */
const DRAIN_ALONE_MS = 1500;
const LOOK_MS = 100;

/** Whoever changes an edge waits for who does already: by Docker host and volume. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Does something with an edge while nobody else of this process does; other processes are kept out by the stack's lock.
 * @returns undefined where nothing of it runs
 */
export async function withEdge<T>(
  place: EdgePlace,
  work: (edge: RunningEdge) => Promise<T>,
): Promise<T | undefined> {
  const volume = await edgeVolume(place);
  const key = `${place.docker} ${volume}`;
  const turn = (turns.get(key) ?? Promise.resolve()).then(async () => {
    const edge = await findEdge(place, { volume });
    if (!edge) return undefined;
    edge.unsettled = await EdgeUndo.afterKill(edge);
    return work(edge);
  });
  turns.set(
    key,
    turn.catch(() => undefined), // its caller is told
  );
  return turn;
}

/**
 * Changes an edge's configuration without a request noticing: the idle one of the pair takes it, then the doors lead there,
 * then the other one takes it as well, once the connections that it has have ended. What one of them refuses is taken back, so
 * that the next change isn't refused too.
 * @throws Error with what was said; everything is as it was then
 */
export async function changeEdge(edge: RunningEdge, change: EdgeChange): Promise<void> {
  const before = edge.notes;
  if (change.members) await edge.note({ ...change.members, active: before.active });
  const [pair, old] = [await pairDiffers(edge, change), await oldDiffers(edge, change)];
  if (!pair && !old) {
    await edge.write(change.files); // of folders that nothing here reads
    if (change.members) await leadAll(edge, edge.active?.name);
    return;
  }
  const undo = await EdgeUndo.begin(edge, change.files);
  let olds = false;
  try {
    if (old) await loadOld(edge, undo, change.main?.alone);
    olds = old;
    if (pair) await loadPair(edge, undo, change.main?.doors);
  } catch (error) {
    await undo.restore();
    await edge.note(before);
    if (olds) await loadOld(edge, undo, undefined);
    await undo.commit();
    throw error;
  }
  await undo.commit();
}

async function pairDiffers(edge: RunningEdge, { files, main, force }: EdgeChange): Promise<boolean> {
  if (edge.notes.edges.length === 0) return false;
  if (force || edge.unsettled || touches(files, "doors")) return true;
  for (const { container } of main ? edge.pair : [])
    if ((await textIn(container, edge.software.mainFile)) !== main?.doors) return true;
  return false;
}

async function oldDiffers(edge: RunningEdge, { files, main, force }: EdgeChange): Promise<boolean> {
  if (!edge.old) return false;
  if (force || edge.unsettled || touches(files, "alone")) return true;
  const text = main && (await textIn(edge.old.container, edge.software.configFile));
  return main !== undefined && text !== main.alone && text !== main.older;
}

function touches(files: EdgeChange["files"], form: EdgeForm): boolean {
  return [...files.keys()].some((path) => path.startsWith(`${sitesFolder(form)}/`));
}

async function loadPair(edge: RunningEdge, undo: EdgeUndo, main: string | undefined): Promise<void> {
  const [{ pair }, former] = [edge, edge.active];
  const next = pair.find(({ name }) => name !== former?.name);
  if (!next) return loadInPlace(edge, undo, pair[0], main);
  if (edge.unsettled) await leadAll(edge, former?.name); // some may lead to the next one already
  // Of a new edge the authority asks for its proof as soon as it has its configuration.
  if (!former) await turn(edge, next.name, undefined);
  await drained(next, DRAIN_MS);
  await take(edge, next, undo, main);
  await runIn(next.container, ["rm", "-f", ENDING_FILE]);
  if (former) {
    await turn(edge, next.name, former.name);
    await runIn(former.container, ["touch", ENDING_FILE]);
  }
  try {
    // Nobody notices: the doors lead away from it. As it was it would serve something else at the next turn.
    for (const spare of pair.filter((one) => one !== next)) {
      await drained(spare, DRAIN_MS);
      await take(edge, spare, undo, main);
    }
  } catch (error) {
    // What refuses goes on with what it had.
    if (former) {
      await runIn(former.container, ["rm", "-f", ENDING_FILE]);
      await turn(edge, former.name, next.name);
    }
    throw error;
  }
}

/** Of a pair of which one is gone or stopped. @param only undefined: both */
async function loadInPlace(
  edge: RunningEdge,
  undo: EdgeUndo,
  only: Member | undefined,
  main?: string,
): Promise<void> {
  if (!only) throw new Error(`neither ${edge.notes.edges.join(" nor ")} runs: start it, or berth up again`);
  await withoutKept(only, () => take(edge, only, undo, main));
}

async function loadOld(edge: RunningEdge, undo: EdgeUndo, main: string | undefined): Promise<void> {
  const old = edge.old!;
  await withoutKept(old, () => takeFile(edge, old, undo, edge.software.configFile, main));
}

async function withoutKept(member: Member, load: () => Promise<void>): Promise<void> {
  await runIn(member.container, ["touch", ENDING_FILE]);
  try {
    await drained(member, DRAIN_ALONE_MS);
    await load();
  } finally {
    await runIn(member.container, ["rm", "-f", ENDING_FILE]);
  }
}

function take(edge: RunningEdge, member: Member, undo: EdgeUndo, main: string | undefined): Promise<void> {
  return takeFile(edge, member, undo, edge.software.mainFile, main);
}

async function takeFile(
  edge: RunningEdge,
  { name, container }: Member,
  undo: EdgeUndo,
  file: string,
  content: string | undefined,
): Promise<void> {
  const had = await textIn(container, file);
  if (content !== undefined && content !== had) {
    undo.keep(container, file, had);
    await putFiles(container, "/", [{ name: file.slice(1), mode: 0o644, content }]);
  }
  const { exitCode, output } = await execIn(container, ["sh", "-c", edge.software.load]);
  if (exitCode !== 0)
    throw new Error(`${name}: ${output.trim() || `its load ended with exit code ${exitCode}`}`);
}

async function textIn(container: Member["container"], file: string): Promise<string | undefined> {
  const files = await getFiles(container, file);
  return files?.get(file.slice(file.lastIndexOf("/") + 1))?.toString();
}

/** All doors or none. A door that is gone is nobody's way in. */
async function turn(edge: RunningEdge, to: string, from: string | undefined): Promise<void> {
  try {
    await leadAll(edge, to);
  } catch (error) {
    await leadAll(edge, from);
    throw error;
  }
  await edge.note({ ...edge.notes, active: to });
}

async function leadAll(edge: RunningEdge, to: string | undefined): Promise<void> {
  if (to === undefined) return;
  // All of them are done before it is said that one failed: a door must not be turned twice at once.
  const turned = await Promise.allSettled(
    edge.notes.doors.map(async ({ port, container: name }) => {
      const door = edge.docker.getContainer(name);
      if (!(await isRunning(door)) || (await doorLeadsTo(door)) === to) return;
      await turnDoor(door, port, to).catch((error: Error) => {
        throw new Error(`the door ${name} did not turn to ${to}: ${error.message}`);
      });
    }),
  );
  const failed = turned.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
}

async function isRunning(container: Member["container"]): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/** Waits until nobody is connected: twice in a row, as a connection may be about to come about. */
async function drained({ container }: Member, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (let quiet = 0; quiet < 2 && Date.now() < deadline; ) {
    // Without IPv6 there is only the first.
    const text = await runIn(container, ["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true"]);
    quiet = connectionsFrom(socketsIn(text)) === 0 ? quiet + 1 : 0;
    if (quiet < 2) await sleep(LOOK_MS);
  }
}
