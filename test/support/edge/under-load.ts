import assert from "node:assert/strict";
import { Load, summary } from "./load";

const PER_SECOND = 100;
/** More than the load can ask in the time that a test may take. */
const MOST_REQUESTS = 60_000;

/**
 * Loads on several addresses at once, while something is done.
 * @param ca PEM of the authorities that they trust, where they speak TLS
 * @returns what each address said, in order and each once; no request failed
 */
export async function under(
  urls: readonly string[],
  work: () => Promise<void>,
  ca?: string,
): Promise<string[][]> {
  const loads = urls.map((url) => new Load(url, PER_SECOND, MOST_REQUESTS, ca));
  try {
    await work();
  } finally {
    for (const load of loads) load.stop().catch(() => undefined);
  }
  return Promise.all(
    loads.map(async (load, at) => {
      const all = await load.stop();
      console.log(`      ${urls[at]}: ${summary(all)}`);
      assert.deepEqual(
        all.answers.filter(({ failure }) => failure !== undefined),
        [],
      );
      assert.ok(all.answers.length > 0, "it was asked");
      return [...new Set(all.answers.map(({ said }) => said!))];
    }),
  );
}
