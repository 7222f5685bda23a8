import { type Caller, Level, levelOf, mustReadAsJobToo, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest } from "./base/request";
import { findIssue } from "./issues";
import { findMergeRequest } from "./merge-requests";
import type { Note, NoteableType } from "./store";

/** GitLab's `note_max_size`. */
const LONGEST = 1_000_000;

/** The five calls on notes of one kind of thing. */
export function notesOf(type: NoteableType) {
  const find = type === "MergeRequest" ? findMergeRequest : findIssue;
  const all = (request: ApiRequest) => {
    const { id } = find(request);
    const isOf = (one: Note) => one.noteable_type === type && one.noteable_id === id;
    return request.store.content.notes.filter(isOf);
  };
  const one = (request: ApiRequest) => {
    const found = all(request).find(({ id }) => id === request.numbers[1]);
    if (!found) throw failure(404, "Not found");
    return found;
  };
  return {
    list: (request: ApiRequest): ApiAnswer => {
      mustReadAsJobToo(request.caller);
      const { items, headers } = paginate(sorted(all(request), request.address), request.address);
      return { status: 200, body: items.map(noteJson), headers };
    },
    get: (request: ApiRequest): ApiAnswer => {
      mustReadAsJobToo(request.caller);
      return { status: 200, body: noteJson(one(request)) };
    },
    create: (request: ApiRequest): ApiAnswer => create(request, type, find(request)),
    update: (request: ApiRequest): ApiAnswer => {
      const found = owned(one(request), request.caller);
      found.body = bodyIn(request);
      found.updated_at = new Date().toISOString();
      request.store.changed();
      return { status: 200, body: noteJson(found) };
    },
    remove: (request: ApiRequest): ApiAnswer => {
      const { content } = request.store;
      const found = owned(one(request), request.caller);
      content.notes = content.notes.filter((note) => note !== found);
      request.store.changed();
      return { status: 204 };
    },
  };
}

function create(request: ApiRequest, type: NoteableType, noteable: { id: number; iid: number }): ApiAnswer {
  const { caller, store } = request;
  mustWrite(caller, Level.reporter);
  const now = new Date().toISOString();
  const created: Note = {
    id: store.nextId(),
    body: bodyIn(request),
    author: caller.user,
    noteable_type: type,
    noteable_id: noteable.id,
    noteable_iid: noteable.iid,
    created_at: now,
    updated_at: now,
  };
  store.content.notes.push(created);
  store.changed();
  return { status: 201, body: noteJson(created) };
}

/** Notes are their author's, and of those who maintain the project. */
function owned(note: Note, caller: Caller): Note {
  mustWrite(caller, Level.reporter);
  const mayWrite = note.author.id === caller.user.id || levelOf(caller.token) >= Level.maintainer;
  if (!mayWrite) throw failure(403, "Forbidden");
  return note;
}

function bodyIn({ body }: ApiRequest): string {
  const text = body.text("body");
  if (text.trim() === "") throw invalidNote("can't be blank");
  // GitLab counts characters, not halves of them.
  if (text.length > LONGEST && [...text].length > LONGEST)
    throw invalidNote(`is too long (maximum is ${LONGEST} characters)`);
  if (/^\s*\/[a-z_]+/m.test(text)) throw notInSandbox("quick actions: lines that begin with a slash");
  return text;
}

const invalidNote = (words: string) =>
  new ApiFailure(400, { message: `400 Bad request - Note {:note=>["${words}"]}` });

function sorted(notes: Note[], { searchParams }: URL): Note[] {
  const sort = searchParams.get("sort") ?? "desc";
  const by = searchParams.get("order_by") ?? "created_at";
  if (sort !== "asc" && sort !== "desc") throw badParameter("sort does not have a valid value");
  if (by !== "created_at" && by !== "updated_at") throw badParameter("order_by does not have a valid value");
  const ordered = [...notes].sort((a, b) => Date.parse(a[by]) - Date.parse(b[by]) || a.id - b.id);
  return sort === "asc" ? ordered : ordered.reverse();
}

function noteJson(note: Note): object {
  return { ...note, type: null, system: false, resolvable: false, confidential: false, internal: false };
}
