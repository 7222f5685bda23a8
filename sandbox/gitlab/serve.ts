import { parseArgs } from "node:util";
import { gitlabWeb } from "./web";

const { values } = parseArgs({ options: { port: { type: "string" }, data: { type: "string" } } });
if (!values.port || !values.data) {
  console.error("usage: serve.ts --port PORT --data DIRECTORY");
  process.exit(2);
}

const server = gitlabWeb(values.data);
server.listen(Number(values.port), "127.0.0.1", () =>
  console.error(`GitLab's token flow on 127.0.0.1:${values.port}`),
);
process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
