import type { GitlabClient } from "../../components/gitlab/api/gitlab-client";
import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { isSameStack, type NoteMarker, readMarker } from "./note-marker";

export interface MergeRequestPlace {
  /** Its number, or its path. */
  readonly project: string;
  readonly iid: number;
}

export interface PutNote {
  readonly result: "created" | "updated" | "left";
  /** Why nothing was written. */
  readonly why?: string;
  readonly url?: string;
}

interface MergeRequest {
  readonly state: string;
  readonly sha: string;
  readonly web_url: string;
}

interface Note {
  readonly id: number;
  readonly body: string;
  readonly author: { readonly id: number };
}

/** Characters that a note leaves free, for the line that says that it is out of date. */
export const LONGEST_BANNER = 1_000;

/** How often a note is looked for again after an answer to its creation was lost. */
const CREATIONS = 3;

/** Berth's notes in one merge request: one for each project, stack and purpose, known by its marker and its author. */
export class MergeRequestNotes {
  private readonly path: string;
  private readonly title: string;

  constructor(
    private readonly client: GitlabClient,
    { project, iid }: MergeRequestPlace,
  ) {
    this.path = `/projects/${encodeURIComponent(project)}/merge_requests/${iid}`;
    this.title = `merge request !${iid} of project ${project}`;
  }

  /**
   * Writes the note, in place of the one that is there. A planned change for another commit than the merge request is at says so.
   * @param text the whole of it, which begins with the marker's line
   * @throws GitlabError
   */
  async put(marker: NoteMarker, text: string): Promise<PutNote> {
    const [request, me] = await Promise.all([this.mergeRequest(), this.whoAmI()]);
    // What would happen is of no use after the merge, or to a newer pipeline; what has happened is.
    const hasHappened = marker.about === "update";
    if (request.state !== "opened" && !hasHappened)
      return { result: "left", why: `${this.title} is ${request.state}` };
    const isCurrent = hasHappened || !marker.commit || request.sha === marker.commit;
    const moved = `It was previewed for another commit; the merge request is at \`${request.sha.slice(0, 12)}\`.`;
    const body = isCurrent ? text : outOfDate(text, moved);
    const [note, ...surplus] = await this.find(marker, me);
    for (const { id } of surplus) await this.remove(id);
    if (note && !hasHappened && isNewer(readMarker(note.body), marker))
      return { result: "left", why: "a newer pipeline has written the note", url: urlOf(request, note) };
    const updated = note && (await this.update(note, body));
    if (updated) return { result: "updated", url: urlOf(request, updated) };
    return { result: "created", url: urlOf(request, await this.create(marker, me, body)) };
  }

  /** Puts a banner on the note that is there, if there is one: what it says is not what would happen. */
  async markStale(marker: NoteMarker, why: string): Promise<PutNote> {
    const me = await this.whoAmI();
    const [note] = await this.find(marker, me);
    if (!note) return { result: "left", why: "there is no note yet" };
    const known = readMarker(note.body)!;
    if (isNewer(known, marker)) return { result: "left", why: "a newer pipeline has written the note" };
    const updated = await this.update(note, outOfDate(note.body, why));
    return updated ? { result: "updated" } : { result: "left", why: "the note is gone" };
  }

  private async mergeRequest(): Promise<MergeRequest> {
    const attempt = `read ${this.title}`;
    return (await this.client.ask<MergeRequest>({ method: "GET", path: this.path, attempt })).value;
  }

  /** A note with our marker may be anybody's: only those of the token's own user are ours. */
  private async whoAmI(): Promise<number> {
    const attempt = "ask whose token it is";
    return (await this.client.ask<{ id: number }>({ method: "GET", path: "/user", attempt })).value.id;
  }

  /** Our notes with this marker: those of the first page that has any. Two there are where two jobs began at once. */
  private async find(wanted: NoteMarker, me: number): Promise<Note[]> {
    const attempt = `read the notes of ${this.title}`;
    const path = `${this.path}/notes?sort=asc&order_by=created_at&per_page=100`;
    const older: Note[] = [];
    for await (const page of this.client.pages<Note>({ path, attempt })) {
      const ours: Note[] = [];
      for (const note of page) {
        const marker = note.author.id === me ? readMarker(note.body, wanted.about) : undefined;
        const same = marker === undefined ? "no" : isSameStack(marker, wanted);
        if (same !== "no") (same === "yes" ? ours : older).push(note);
      }
      if (ours.length > 0) return ours;
    }
    return older.slice(0, 1);
  }

  /** Undefined where it was deleted meanwhile, or may not be changed any more. */
  private async update({ id }: Note, body: string): Promise<Note | undefined> {
    const attempt = `update the note in ${this.title}`;
    const path = `${this.path}/notes/${id}`;
    try {
      return (await this.client.ask<Note>({ method: "PUT", path, body: { body }, attempt })).value;
    } catch (error) {
      if (error instanceof GitlabError && (error.status === 404 || error.status === 403)) return undefined;
      throw error;
    }
  }

  private async create(marker: NoteMarker, me: number, body: string): Promise<Note> {
    const attempt = `write a note into ${this.title}`;
    const path = `${this.path}/notes`;
    for (let tried = 1; ; tried++) {
      try {
        return (await this.client.ask<Note>({ method: "POST", path, body: { body }, attempt })).value;
      } catch (error) {
        if (!(error instanceof GitlabError) || !error.maybeDone || tried === CREATIONS) throw error;
        const made = (await this.find(marker, me)).find((note) => firstLine(note.body) === firstLine(body));
        if (made) return made;
      }
    }
  }

  private async remove(id: number): Promise<void> {
    const attempt = `delete a second note in ${this.title}`;
    try {
      await this.client.ask({ method: "DELETE", path: `${this.path}/notes/${id}`, attempt });
    } catch (error) {
      if (!(error instanceof GitlabError && error.status === 404)) throw error;
    }
  }
}

/** A note with a banner below its marker, in place of one that it has. */
function outOfDate(note: string, why: string): string {
  const text = note.replace(/^[^\n]*\n/, "").replace(/^> \*\*Out of date\.\*\*[^\n]*\n\n?/, "");
  return `${firstLine(note)}\n> **Out of date.** ${why}\n\n${text}`;
}

function isNewer(known: NoteMarker | undefined, marker: NoteMarker): boolean {
  return Number(known?.pipeline ?? 0) > Number(marker.pipeline ?? Number.POSITIVE_INFINITY);
}

const firstLine = (text: string) => text.split(/\r?\n/, 1)[0];

function urlOf({ web_url }: MergeRequest, { id }: Note): string {
  return `${web_url}#note_${id}`;
}
