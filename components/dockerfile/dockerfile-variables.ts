type Values = ReadonlyMap<string, string>;

/**
 * A word of a Dockerfile with its variables in place and its quotes taken off, as BuildKit has it
 * (frontend/dockerfile/shell/lex.go). Variables without a value are empty. Undefined for what only newer versions of it know
 * (`${A#pattern}`), and what is no word.
 */
export function expanded(word: string, values: Values, escapeCharacter = "\\"): string | undefined {
  const reader = new WordReader(word, values, escapeCharacter);
  const text = reader.until("");
  return reader.isLost ? undefined : text;
}

class WordReader {
  isLost = false;
  private at = 0;

  constructor(
    private readonly word: string,
    private readonly values: Values,
    private readonly escapeCharacter: string,
  ) {}

  /** Up to a character that isn't quoted, or to the end where that is none. */
  until(end: string): string {
    let text = "";
    while (this.at < this.word.length && (end === "" || this.word[this.at] !== end)) text += this.part();
    if (end !== "" && this.word[this.at] !== end) this.isLost = true;
    return text;
  }

  private part(): string {
    const character = this.word[this.at]!;
    if (character === "'") return this.literal();
    if (character === '"') return this.quoted();
    if (character === "$") return this.variable();
    if (character === this.escapeCharacter) this.at++;
    return this.word[this.at++] ?? "";
  }

  private literal(): string {
    const end = this.word.indexOf("'", this.at + 1);
    if (end === -1) this.isLost = true;
    const text = this.word.slice(this.at + 1, end === -1 ? undefined : end);
    this.at = end === -1 ? this.word.length : end + 1;
    return text;
  }

  private quoted(): string {
    this.at++;
    let text = "";
    while (this.at < this.word.length && this.word[this.at] !== '"') {
      const next = this.word[this.at + 1] ?? "";
      if (this.word[this.at] === "$") text += this.variable();
      else if (
        this.word[this.at] === this.escapeCharacter &&
        ['"', "$", this.escapeCharacter].includes(next)
      ) {
        text += next;
        this.at += 2;
      } else text += this.word[this.at++]!;
    }
    if (this.word[this.at] !== '"') this.isLost = true;
    this.at++;
    return text;
  }

  private variable(): string {
    this.at++;
    if (this.word[this.at] !== "{") {
      const name = this.match(/[A-Za-z_]\w*/y);
      return name === "" ? "$" : (this.values.get(name) ?? "");
    }
    this.at++;
    const name = this.match(/[A-Za-z_]\w*/y);
    const operator = this.match(/:?[-+?]/y);
    const other = operator === "" ? "" : this.until("}");
    if (name === "" || this.word[this.at] !== "}") this.isLost = true;
    this.at++;
    return this.chosen(this.values.get(name), operator, other);
  }

  private chosen(value: string | undefined, operator: string, other: string): string {
    const isThere = operator.startsWith(":") ? Boolean(value) : value !== undefined;
    const kind = operator.at(-1);
    if (kind === "+") return isThere ? other : "";
    if (isThere || kind === undefined) return value ?? "";
    if (kind === "?") this.isLost = true;
    return kind === "-" ? other : "";
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ""] = pattern.exec(this.word) ?? [];
    this.at += found.length;
    return found;
  }
}
