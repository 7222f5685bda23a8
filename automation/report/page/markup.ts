/** A piece of HTML. Only the tag `html` makes one, so that no text of anybody's becomes markup. */
export class Markup {
  constructor(readonly html: string) {}
}

type Value = string | number | Markup | undefined | readonly Value[];

/** HTML with values in it: texts are escaped, pieces are taken as they are, lists one after the other, undefined is nothing. */
export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(pieces.reduce((so, piece, at) => `${so}${textOf(values[at - 1])}${piece}`));
}

/** What this program itself has written, such as a style. */
export const ownText = (text: string) => new Markup(text);

function textOf(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.html;
  if (typeof value === "object") return value.map(textOf).join("");
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that can't be seen, or turn the direction of what follows, are shown as their number. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, (one) =>
      one === "\n" || one === "\t" ? " " : `\\u{${one.codePointAt(0)?.toString(16)}}`,
    );
}
