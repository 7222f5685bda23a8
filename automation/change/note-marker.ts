/** What the first line of a note says to the next run; people don't see it. */
export interface NoteMarker {
  readonly project: string;
  readonly stack: string;
  /** A number that grows with time: an older pipeline that ends late must not overwrite a newer one's note. */
  readonly pipeline?: string | undefined;
  readonly commit?: string | undefined;
  /** What it tells of: a planned change, an update that was made, or drift. @default change */
  readonly about?: "change" | "update" | "drift" | undefined;
  /** Of what it tells, where the same need not be told twice. */
  readonly hash?: string | undefined;
}

/** `<!-- berth:change project=berth stack=dev pipeline=12 commit=3f2a -->`. */
export function markerLine({ about = "change", project, stack, pipeline, commit, hash }: NoteMarker): string {
  const fields = Object.entries({ project, stack, pipeline, commit, hash }).filter(([, value]) => value);
  return `<!-- berth:${about} ${fields.map(([name, value]) => `${name}=${encoded(value!)}`).join(" ")} -->`;
}

/**
 * Undefined where the text doesn't begin with one about this: what somebody quotes further down is not meant.
 * @param about what it has to tell of
 */
export function readMarker(
  body: string,
  about: NonNullable<NoteMarker["about"]> = "change",
): NoteMarker | undefined {
  const [, word, text] = /^<!-- berth:(\w+) ([^\n]*) -->(?:\r?\n|$)/.exec(body) ?? [];
  if (text === undefined || word !== about) return undefined;
  const fields = new Map(
    text.split(" ").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), decoded(field.slice(at + 1))];
    }),
  );
  const [project, stack] = [fields.get("project"), fields.get("stack")];
  if (!project || !stack) return undefined;
  const told = { project, stack, pipeline: fields.get("pipeline"), commit: fields.get("commit") };
  return about === "change" ? told : { ...told, about, hash: fields.get("hash") };
}

/** A comment must not hold two hyphens (HTML, 13.1.6). */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll("-", "%2D");
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}
