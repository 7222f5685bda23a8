/** What the first line of a note says to the next run; people don't see it. */
export interface NoteMarker {
  readonly project: string;
  readonly stack: string;
  /** A number that grows with time: an older pipeline that ends late must not overwrite a newer one's note. */
  readonly pipeline?: string | undefined;
  readonly commit?: string | undefined;
}

const WORD = "berth:change";

/** `<!-- berth:change project=berth stack=dev pipeline=12 commit=3f2a -->`. */
export function markerLine({ project, stack, pipeline, commit }: NoteMarker): string {
  const fields = Object.entries({ project, stack, pipeline, commit }).filter(([, value]) => value);
  return `<!-- ${WORD} ${fields.map(([name, value]) => `${name}=${encoded(value!)}`).join(" ")} -->`;
}

/** Undefined where the text doesn't begin with one: what somebody quotes further down is not meant. */
export function readMarker(body: string): NoteMarker | undefined {
  const [, text] = /^<!-- berth:change ([^\n]*) -->(?:\r?\n|$)/.exec(body) ?? [];
  if (text === undefined) return undefined;
  const fields = new Map(
    text.split(" ").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), decoded(field.slice(at + 1))];
    }),
  );
  const [project, stack] = [fields.get("project"), fields.get("stack")];
  if (!project || !stack) return undefined;
  return { project, stack, pipeline: fields.get("pipeline"), commit: fields.get("commit") };
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
