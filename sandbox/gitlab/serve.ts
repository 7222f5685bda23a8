import { parseArgs } from "node:util";
import { gitlabWeb } from "./web";

const { values } = parseArgs({
  options: { port: { type: "string" }, data: { type: "string" }, "rate-limit": { type: "string" } },
});
const [, requests, seconds] = /^(\d+)\/(\d+)$/.exec(values["rate-limit"] ?? "0/1") ?? [];
if (!values.port || !values.data || !requests) {
  console.error("usage: serve.ts --port PORT --data DIRECTORY [--rate-limit REQUESTS/SECONDS]");
  process.exit(2);
}

const rateLimit = Number(requests) > 0 ? { requests: Number(requests), seconds: Number(seconds) } : undefined;
const server = gitlabWeb(values.data, { rateLimit });
server.listen(Number(values.port), "127.0.0.1", () =>
  console.error(`GitLab's token flow and API on 127.0.0.1:${values.port}`),
);
process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
