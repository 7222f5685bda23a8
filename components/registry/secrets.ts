// Taking a very short "secret" out of messages would only mangle them.
const SHORTEST = 4;

/** Credentials and tokens that were sent, to be taken out of whatever comes back. */
export class Secrets {
  private readonly texts = new Set<string>();

  /** Remembers them in the forms that a server may repeat them in: as they are, in JSON and in addresses. */
  keep(...secrets: string[]): void {
    for (const secret of secrets) {
      if (secret.length < SHORTEST) continue;
      const json = JSON.stringify(secret).slice(1, -1);
      for (const form of [secret, json, json.replaceAll("/", "\\/"), asciiJson(json), encodeAddress(secret)])
        this.texts.add(form);
    }
  }

  /** The text with every one of them taken out. Cut it afterwards: half a secret would not be found. */
  scrub(text: string): string {
    // The longest first: one may be part of another.
    const byLength = [...this.texts].sort((a, b) => b.length - a.length);
    return byLength.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
  }
}

function asciiJson(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function encodeAddress(secret: string): string {
  // Half a surrogate pair can't be encoded.
  return encodeURIComponent(secret.replace(/\p{Surrogate}/gu, "\ufffd"));
}
