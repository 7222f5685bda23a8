import { isMap, type PropertyValue, Secret } from "../values/value";

/** Shorter values would blank out half of every message. */
const SHORTEST = 4;

/** Blanks the secret values of a run out of free text: messages, logs, what programs and providers print. */
export class Redactor {
  private readonly texts = new Set<string>();
  private pattern: RegExp | undefined;

  add(text: string): void {
    for (const line of [text, text.trim(), JSON.stringify(text).slice(1, -1)]) {
      if (line.length < SHORTEST || this.texts.has(line)) continue;
      this.texts.add(line);
      this.pattern = undefined;
    }
  }

  /** Remembers every string inside the secrets of `value`. */
  addSecretsIn(value: PropertyValue): void {
    if (value instanceof Secret) this.addStringsIn(value.value);
    else if (Array.isArray(value)) for (const item of value) this.addSecretsIn(item);
    else if (isMap(value)) for (const item of Object.values(value)) this.addSecretsIn(item);
  }

  redact(text: string): string {
    if (this.texts.size === 0) return text;
    this.pattern ??= new RegExp(
      [...this.texts]
        .sort((a, b) => b.length - a.length)
        .map(escapeRegExp)
        .join("|"),
      "g",
    );
    return text.replace(this.pattern, "[secret]");
  }

  private addStringsIn(value: PropertyValue): void {
    if (typeof value === "string") this.addText(value);
    else if (typeof value === "number") this.add(String(value));
    else if (value instanceof Secret) this.addStringsIn(value.value);
    else if (Array.isArray(value)) for (const item of value) this.addStringsIn(item);
    else if (isMap(value)) for (const item of Object.values(value)) this.addStringsIn(item);
  }

  /** SDKs pass structured provider arguments as JSON text: the strings inside are secret, too. */
  private addText(text: string): void {
    this.add(text);
    if (!/^[[{]/.test(text)) return;
    try {
      this.addStringsIn(JSON.parse(text) as PropertyValue);
    } catch {
      // Not JSON after all: the text itself is remembered already.
    }
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
