import { parseRoute, relay } from "./relay";

/** Usage: serve-relays.ts ROUTE…, each as ADDRESS:PORT=ADDRESS:PORT. */
async function main(): Promise<void> {
  for (const text of process.argv.slice(2)) {
    const route = parseRoute(text);
    await relay(route);
    console.error(`relaying ${text}`);
  }
}

process.once("SIGTERM", () => process.exit(0));
main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
