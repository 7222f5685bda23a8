/** What the first line of a note says to the next run; people don't see it. */
export interface NoteMarker {
  readonly project: string;
  readonly stack: string;
  /** The stack's, where it has one: another team's may have the same names. */
  readonly identity?: string | undefined;
  /** A number that grows with time: an older pipeline that ends late must not overwrite a newer one's note. */
  readonly pipeline?: string | undefined;
  readonly commit?: string | undefined;
  /** What it tells of: a planned change, an update that was made, or drift. @default change */
  readonly about?: "change" | "update" | "drift" | undefined;
  /** Of what it tells, where the same need not be told twice. */
  readonly hash?: string | undefined;
}

/** `<!-- berth:change project=berth stack=dev pipeline=12 commit=3f2a -->`. */
export function markerLine({ about = "change", ...marker }: NoteMarker): string {
  const { project, stack, identity, pipeline, commit, hash } = marker;
  const fields = Object.entries({ project, stack, identity, pipeline, commit, hash }).filter(
    ([, value]) => value,
  );
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
  const identity = fields.get("identity");
  const whose = { project, stack, ...(identity && { identity }) };
  const told = { ...whose, pipeline: fields.get("pipeline"), commit: fields.get("commit") };
  return about === "change" ? told : { ...told, about, hash: fields.get("hash") };
}

/**
 * Whether what is written tells of the stack. `maybe`: it has no identity, as it is from before the stack's first update or of an
 * older version; it counts where there is no other, and is never taken away.
 */
export function isSameStack(written: NoteMarker, stack: NoteMarker): "yes" | "maybe" | "no" {
  if (written.project !== stack.project || written.stack !== stack.stack) return "no";
  if (written.identity === stack.identity) return "yes";
  return written.identity === undefined ? "maybe" : "no";
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
