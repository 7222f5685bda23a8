import { execIn } from "../docker/docker-host";
import { getFiles, putFiles } from "../docker/idle-container";
import { EdgeUndo } from "./edge-undo";
import {
  type EdgeFile,
  type EdgeNotes,
  type EdgePlace,
  edgeVolume,
  findEdge,
  type Member,
  type RunningEdge,
} from "./running-edge";
import type { EdgeForm } from "./software/edge-software";
import { sitesFolder } from "./software/places";
import { leadAll, renewPair, withoutKept } from "./turn-edge";

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
  await renewPair(edge, (member) => takeFile(edge, member, undo, edge.software.mainFile, main));
}

async function loadOld(edge: RunningEdge, undo: EdgeUndo, main: string | undefined): Promise<void> {
  const old = edge.old!;
  await withoutKept(old, () => takeFile(edge, old, undo, edge.software.configFile, main));
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
