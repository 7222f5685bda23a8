import { join } from "node:path";
import { caddy } from "../../../components/edge/software/caddy";
import type { EdgeTls } from "../../../components/edge/software/edge-software";
import { nginx } from "../../../components/edge/software/nginx";
import { assertGolden } from "../../support/golden-file";

const own: EdgeTls = {
  certificates: { from: "own" },
  host: "h.test",
  port: 443,
  redirectFrom: 80,
  hosts: ["a.test", "h.test"],
  redirects: { "a.test": 8443 },
  routes: [{ host: "h.test", publish: 443, container: "nexus", port: 8081 }],
};
const mains = [
  undefined,
  own,
  { ...own, certificates: { from: "acme", email: "a@b", directory: "https://x", directoryCa: true } },
  { ...own, certificates: { from: "files" } },
  { ...own, redirectFrom: false },
] as const satisfies readonly (EdgeTls | undefined)[];
const site = { app: "blog", container: "c-1", port: 8000 };

describe("an edge of a version before doors", () => {
  it("is given its texts of then, to the letter: another one would be loaded, and Caddy loses connections at that", () => {
    const texts = [caddy, nginx].flatMap((software) => [
      ...mains.map((main) => software.main(main, "older")),
      software.site({ ...site, publish: 8080 }, "older"),
      software.site({ ...site, publish: 8443, host: "h.test" }, "older"),
    ]);
    // Recorded from the code of 21692b3.
    assertGolden(join(__dirname, "golden", "edges-of-21692b3.txt"), texts.join("\n"));
  });
});
