import assert from "node:assert/strict";
import { aptConfiguration } from "../../images/build-layer";
import { mirrorOf, parseSources, sourcesList } from "../../images/debian-mirror";
import { recipeId, recipes } from "../../images/recipes";

const targets = `https://mirror.example/debian/|Debian|bookworm|main
https://mirror.example/debian/|Debian|bookworm-updates|main
https://mirror.example/security/|Debian-Security|bookworm-security|main
https://mirror.example/debian/|Debian|bookworm|contrib
https://other.example/apt/|Other|stable|main
`;

describe("Debian's mirror", () => {
  it("is the one of this machine's apt that holds the archive", () => {
    assert.equal(mirrorOf(parseSources(targets)), "https://mirror.example/debian/");
    assert.equal(mirrorOf(parseSources("https://other.example/apt/|Other|stable|main")), undefined);
    assert.equal(mirrorOf(parseSources("")), undefined);
  });

  it("gives images the archive, updates and security, of main only", () => {
    assert.equal(
      sourcesList(parseSources(targets), "unused"),
      "deb https://mirror.example/debian/ bookworm main\n" +
        "deb https://mirror.example/debian/ bookworm-updates main\n" +
        "deb https://mirror.example/security/ bookworm-security main\n",
    );
  });

  it("gives images the mirror alone where this machine is of another release", () => {
    const trixie = parseSources("https://mirror.example/debian/|Debian|trixie|main");
    assert.equal(
      sourcesList(trixie, "https://mirror.example/debian/"),
      "deb https://mirror.example/debian/ bookworm main\n",
    );
  });
});

describe("apt in a build", () => {
  it("uses the host's proxies and certificates", () => {
    const text = aptConfiguration({ http_proxy: "http://p:3128", HTTPS_PROXY: "http://q:3128" });
    assert.match(text, /^Acquire::http::Proxy "http:\/\/p:3128";$/m);
    assert.match(text, /^Acquire::https::Proxy "http:\/\/q:3128";$/m);
    assert.match(text, /^Acquire::https::CaInfo "/m);
    assert.doesNotMatch(aptConfiguration({}), /Proxy/);
  });
});

describe("recipes", () => {
  it("have an id that changes with the script and the configuration", () => {
    const [python] = recipes;
    assert.ok(python);
    assert.notEqual(recipeId({ ...python, script: `${python.script}true\n` }), recipeId(python));
    assert.notEqual(recipeId({ ...python, changes: [...python.changes, "USER 1"] }), recipeId(python));
    assert.equal(recipeId({ ...python, description: "other words" }), recipeId(python));
  });
});
