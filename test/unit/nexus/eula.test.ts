import assert from "node:assert/strict";
import { Eula } from "../../../components/nexus/kinds/eula";
import { anyServer, kindAgainst, openApi } from "../../support/nexus/nexus-kind";

const make = () => new Eula("e", { server: anyServer, accepted: true });
const disclaimer = "Use of it is governed by ‘these’ terms.";

describe("the license agreement", () => {
  it("is accepted by sending Nexus its own disclaimer back, word for word, and only once", async () => {
    let accepted = false;
    const nexus = await kindAgainst(make, openApi([]), ({ method, body }) => {
      if (method === "GET") return { status: 200, body: { accepted, disclaimer } };
      accepted = (body as { accepted: boolean }).accepted;
      return { status: 204 };
    });
    const { server, provider } = nexus;
    await provider.create({ server, accepted: true });
    await provider.create({ server, accepted: true });
    nexus.close();
    const posts = nexus.calls().filter(({ method }) => method === "POST");
    assert.deepEqual(
      posts.map(({ path, body }) => [path, body]),
      [["/service/rest/v1/system/eula", { accepted: true, disclaimer }]],
    );
  });

  it("is a change again where the server asks again", async () => {
    const nexus = await kindAgainst(make, openApi([]), () => ({
      status: 200,
      body: { accepted: false, disclaimer },
    }));
    const state = { server: nexus.server, accepted: true };
    const { props } = await nexus.provider.read("eula", state);
    nexus.close();
    assert.equal(props!["accepted"], false);
    assert.equal((await nexus.provider.diff("eula", props!, state)).changes, true);
  });

  it("of a server that has none is nothing to accept, and nothing is taken back from any", async () => {
    const nexus = await kindAgainst(make, openApi([]), () => ({ status: 404 }));
    const state = { server: nexus.server, accepted: true };
    await nexus.provider.create(state);
    const { props } = await nexus.provider.read("eula", state);
    assert.equal((await nexus.provider.diff("eula", props!, state)).changes, false);
    await nexus.provider.delete("eula", { ...state, server: { ...nexus.server, url: "http://nexus.test" } });
    nexus.close();
    assert.deepEqual([...new Set(nexus.asked())], ["GET /v1/system/eula"]);
  });

  it("can't be declared as not accepted", async () => {
    const nexus = await kindAgainst(make, openApi([]), () => ({ status: 404 }));
    const message =
      "Accepting the license agreement is your decision, and it can't be un-accepted: " +
      "say accepted: true where you accept it, and leave the setting out where you don't.";
    assert.deepEqual(await nexus.refusals({ accepted: false }), [message]);
    await assert.rejects(nexus.provider.create({ server: nexus.server, accepted: false }), { message });
    nexus.close();
  });
});
