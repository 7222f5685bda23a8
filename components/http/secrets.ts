import { isJsonObject } from "../values/json-object";

// Taking a very short "secret" out of messages would only mangle them.
const SHORTEST = 4;
/** Below this length a mere word or number stands in any text by chance: `true`, `admin`, `Python`, `8080`. */
const SHORTEST_WORD = 8;
const WORD = /^(?:\p{L}?\p{Ll}+|\p{Lu}+|\p{N}+)$/u;
/** A line of a secret of many lines, such as a key, is hidden by itself from this length on. */
const SHORTEST_LINE = 8;
/** Shorter ones leave so little in Base64 that it would stand in texts by chance. */
const SHORTEST_BYTES = 8;

/**
 * Secrets to be taken out of what is said: the one scrubber of the house. A secret is what settings and outputs mark as such, what
 * was generated, and what was sent as a credential; never a name, a path or an address.
 */
export class Secrets {
  private readonly texts = new Set<string>();
  private longestFirst: string[] | undefined;

  /**
   * Remembers them in the forms that they may come back in: as they are, line by line, in JSON, addresses, HTML and Base64. Not
   * those that are no more than a short word or number.
   */
  keep(...secrets: string[]): void {
    this.keepSent(...secrets.filter((secret) => !isCommon(secret.trim())));
  }

  /** The same for what was sent as a credential: whoever repeats that in an answer means it, however common the word. */
  keepSent(...secrets: string[]): void {
    for (const secret of secrets.flatMap(withLines)) {
      if (secret.length < SHORTEST || this.texts.has(secret)) continue;
      // Of a file's secret with its line break the break is left in a text, as it is the text's own.
      for (const form of formsOf(secret)) if (!this.texts.has(form.replace(/\n$/, ""))) this.texts.add(form);
      this.longestFirst = undefined;
    }
  }

  /**
   * The text with every one of them taken out. Cut it afterwards: half a secret would not be found.
   * @param mark stands in the place of each
   */
  scrub(text: string, mark = "***"): string {
    // One may be part of another.
    this.longestFirst ??= [...this.texts].sort((a, b) => b.length - a.length);
    return this.longestFirst.reduce((clean, secret) => clean.replaceAll(secret, mark), text);
  }

  /** The value with every text in it scrubbed, keys too. */
  scrubbed<T>(value: T): T {
    const walk = (inner: unknown): unknown => {
      if (typeof inner === "string") return this.scrub(inner);
      if (Array.isArray(inner)) return inner.map(walk);
      if (!isJsonObject(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [this.scrub(key), walk(one)]));
    };
    return walk(value) as T;
  }
}

function isCommon(text: string): boolean {
  return text.length < SHORTEST_WORD && WORD.test(text);
}

/** Who shows a text of many lines may indent each. The first and last line of a key are no secret. */
function withLines(secret: string): string[] {
  const bare = secret.trim();
  const lines = bare.includes("\n") ? bare.split("\n").map((line) => line.trim()) : [];
  return [bare, secret, ...lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"))];
}

function formsOf(secret: string): string[] {
  const json = inJson(secret);
  const jsons = [json, json.replaceAll("/", "\\/"), asciiJson(json), inJson(json)];
  return [secret, ...jsons, ...addressForms(secret), inHtml(secret), ...base64Forms(secret)];
}

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

function asciiJson(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Which characters are encoded and how differs from library to library. */
function addressForms(secret: string): string[] {
  // Half a surrogate pair can't be encoded.
  const form = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
  const all = form.replace(/[!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const small = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [form, small(form), all, small(all), all.replaceAll("%20", "+")];
}

function inHtml(secret: string): string {
  const entities: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" };
  return secret.replace(/[&<>"']/g, (one) => `&${entities[one]};`);
}

/**
 * In Base64 a text looks in three ways, by where in what is encoded it stands: `user:password` of a login is one text. The first
 * and the last character of each depend on what is around and are left out.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < SHORTEST_BYTES) return [];
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const ends = (before + bytes.length) % 3 === 0;
    return text.slice(before === 0 ? 0 : before + 1, ends ? text.length : -1);
  });
  const forms = [bytes.toString("base64"), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
