import assert from "node:assert/strict";
import { engineError } from "../../../../automation/engine/engine-error";

describe("an engine's failure", () => {
  it("is told by its diagnostics, without the engine's progress and without stack traces", () => {
    const error = new Error(
      [
        "code: 255",
        " stdout: Updating (dev):",
        " +  docker:index:Container web creating",
        "Diagnostics:",
        "  pulumi-nodejs:dynamic/deploy:Traffic (blog-main-traffic):",
        "    error: blog is not healthy",
        "        at Object.<anonymous> (<anonymous>:148:532)",
        "        at processTicksAndRejections (node:internal/process/task_queues:95:5)",
        "",
        "Outputs:",
        "    url: x",
        " stderr: ",
        " err?: ",
      ].join("\n"),
    );
    assert.equal(
      engineError(error),
      "The engine stopped:\n  blog-main: traffic:\n    error: blog is not healthy",
    );
  });

  it("names what it is of in the product's words, by the apps and servers that there are, and keeps what it says", () => {
    const said =
      "Diagnostics:\n  docker:index:Container (blog-web-1-container):\n    error: docker:index:Container (x): is ill\n";
    const names = { apps: ["blog"], servers: ["web-1", "web"] };
    assert.equal(
      engineError(new Error(` stdout: ${said}\n stderr: `), names),
      "The engine stopped:\n  blog on web-1: container:\n    error: docker:index:Container (x): is ill",
    );
  });

  it("is told with all of its reasons where there are several", () => {
    const said =
      "code: 255\n stdout: Created stack 'dev'\n\n stderr: error: 2 errors occurred:\n" +
      "    1) selecting the new stack\n    2) open /x/workspaces/dev.json: permission denied\n\n err?: ";
    assert.equal(
      engineError(new Error(said)),
      "2 errors occurred:\n    1) selecting the new stack\n    2) open /x/workspaces/dev.json: permission denied",
    );
  });

  it("is told without a count where a resource did not come up for one reason", () => {
    const said =
      "Diagnostics:\n  docker:index:Container (web):\n    error: 1 error occurred:\n    \t* it is ill\n";
    assert.equal(
      engineError(new Error(` stdout: ${said}\n stderr: `)),
      "The engine stopped:\n  web: container:\n    error: it is ill",
    );
  });

  it("is told without the engine's word that the update failed, unless it says no more", () => {
    const verdict = "  pulumi:pulumi:Stack (berth-dev):\n    error: update failed\n";
    const why =
      "  docker:index/image:Image (blog-image):\n    error: it can't be built\n    at its third step\n";
    const told = (...parts: string[]) =>
      engineError(new Error(` stdout: Diagnostics:\n${parts.join("\n")}\nResources:\n    1 errored\n`));
    const said = "The engine stopped:\n  blog: build:\n    error: it can't be built\n    at its third step";
    assert.equal(told(verdict, why), said);
    assert.equal(told(why, verdict), said);
    assert.equal(told(verdict), "The engine stopped:\n  the stack: program:\n    error: update failed");
  });

  it("is told by what the engine wrote to its standard error where there are no diagnostics", () => {
    assert.equal(
      engineError(new Error("code: 255\n stdout: \n stderr: error: no stack\n err?: x")),
      "no stack",
    );
    const failed = "Command failed with exit code 2: pulumi stack init dev\nerror: incorrect passphrase";
    assert.equal(engineError(new Error(failed)), "incorrect passphrase");
    assert.equal(engineError(new Error("plain")), "plain");
    assert.equal(engineError(new Error("x\nerror: it is ill\nerror: it is ill")), "it is ill");
    const twice =
      "Diagnostics:\n  docker:index:Container (web):\n    error: it is ill\n    error: it is ill\n";
    assert.equal(
      engineError(new Error(twice)),
      "The engine stopped:\n  web: container:\n    error: it is ill",
    );
    const refused =
      "error: pulumi-nodejs:dynamic/docker:PublishedPorts resource 'nexus-ports': property ports value {[{8081} {8083}]} has a problem: port 8083 is taken";
    assert.equal(
      engineError(new Error(` stdout: \n stderr: ${refused}`)),
      "Nexus: ports: port 8083 is taken",
    );
    const below =
      "Diagnostics:\n  pulumi-nodejs:dynamic/nexus:ImageDigest (page-image-digest):\n    error: pulumi-nodejs:dynamic/nexus:ImageDigest " +
      "resource 'page-image-digest': property servers value {[{map[docker:{unix:///a.sock} name:{main}]}]} has a problem: it is for linux/arm64\n";
    assert.equal(
      engineError(new Error(below)),
      "The engine stopped:\n  page: look at its image:\n    error: it is for linux/arm64",
    );
    const bare = "error: docker:index/image:Image resource 'blog-image' has a problem: no context";
    assert.equal(engineError(new Error(bare)), "blog: build: no context");
  });
});
