import assert from "node:assert/strict";
import { OutboundHttp, type OutboundHttpArgs } from "../../../components/nexus/kinds/outbound-http";
import {
  anyServer,
  fieldsOf,
  kindAgainst,
  openApi,
  uiAnswer,
  uiRefusal,
} from "../../support/nexus/nexus-kind";
import type { Call, Reply } from "../../support/nexus/scripted-nexus";

type Own = Omit<OutboundHttpArgs, "server">;
type Json = Record<string, unknown>;

const make = (args: Own) => () => new OutboundHttp("o", { server: anyServer, ...args });
const proxied: Own = {
  timeoutSeconds: 30,
  httpProxy: { host: "proxy.test", port: 3128, username: "berth", password: "pr0xy" },
  nonProxyHosts: ["*.corp.test", "localhost"],
};
const PLACEHOLDER = "#~NXRM~PLACEHOLDER~PASSWORD~#";
const NOTHING_BY_REST = {
  userAgent: "",
  timeout: null,
  retries: null,
  httpProxy: offByRest(),
  httpsProxy: offByRest(),
  nonProxyHosts: [],
};

function offByRest() {
  const authInfo = { enabled: false, username: "", password: "", ntlmHost: "", ntlmDomain: "" };
  return { enabled: false, host: "", port: "", authInfo };
}

/** The UI's of 3.71 tells all fields, null where unset, and a placeholder for a password. */
class UiSettings {
  kept: Json = {};

  answer({ body }: Call): Reply {
    const { action, method, data } = body as { action: string; method: string; data: [Json] | null };
    if (action !== "coreui_HttpSettings") return { status: 500 };
    if (method === "update") {
      if (data![0]["httpHost"] === "http://x") {
        return uiRefusal({ errors: { httpHost: "Hostname must be valid", timeout: "must be less" } });
      }
      const kept = this.kept["httpAuthPassword"];
      this.kept = { ...data![0] };
      if (this.kept["httpAuthPassword"] === PLACEHOLDER) this.kept["httpAuthPassword"] = kept;
    }
    const told: Json = {};
    for (const field of ["userAgentSuffix", "timeout", "retries", "nonProxyHosts"])
      told[field] = this.kept[field] ?? null;
    for (const kind of ["http", "https"]) {
      for (const name of ["Enabled", "Host", "Port", "AuthEnabled", "AuthUsername", "AuthNtlmHost"])
        told[kind + name] = this.kept[kind + name] || null;
      told[`${kind}AuthPassword`] = this.kept[`${kind}AuthPassword`] ? PLACEHOLDER : null;
    }
    return uiAnswer(told);
  }
}

/** `/v1/http` after the OpenAPI documents; a password is never told. */
class RestSettings {
  kept: Json = NOTHING_BY_REST;

  answer({ method, body }: Call): Reply {
    if (method === "PUT") this.kept = body as Json;
    if (method === "DELETE") this.kept = NOTHING_BY_REST;
    const told = JSON.stringify(this.kept, (key, value) => (key === "password" ? undefined : value));
    return method === "GET" ? { status: 200, body: JSON.parse(told) } : { status: 204 };
  }
}

const rest = openApi(["GET /v1/http", "PUT /v1/http", "DELETE /v1/http"]);

describe("the outbound HTTP settings", () => {
  for (const [version, document, Settings] of [
    ["3.71, by its UI's API", openApi([]), UiSettings],
    ["a newer server, by REST", rest, RestSettings],
  ] as const) {
    it(`of ${version}: are steady after every change`, async () => {
      const settings = new Settings();
      const nexus = await kindAgainst(make(proxied), document, (call) => settings.answer(call));
      const { server, provider } = nexus;
      const inputs = async (args: Own) => ({ server, ...(await fieldsOf(make(args))) });
      let state = (await provider.create(await inputs(proxied))).outs;
      const { httpProxy, nonProxyHosts, ...bare } = proxied;
      const next: Own[] = [
        { ...proxied, nonProxyHosts: ["*.corp.test"] },
        { ...proxied, httpProxy: { ...httpProxy!, port: 3129 } },
        { ...proxied, httpProxy: { ...httpProxy!, password: "changed" } },
        { ...proxied, userAgent: "berth", retries: 3, httpsProxy: { host: "secure.test", port: 443 } },
        { ...proxied, httpProxy: { host: "proxy.test", port: 3128 } },
        bare,
      ];
      for (const args of next) {
        const news = await inputs(args);
        assert.equal((await provider.diff("", state, news)).changes, true, JSON.stringify(args));
        state = (await provider.update("outbound-http", state, news)).outs;
        const { props } = await provider.read("outbound-http", state);
        assert.equal((await provider.diff("", props!, news)).changes, false, JSON.stringify(args));
      }
      nexus.close();
    });
  }

  it("are the same in another order of the hosts", async () => {
    const settings = new RestSettings();
    const nexus = await kindAgainst(make(proxied), rest, (call) => settings.answer(call));
    const news = { server: nexus.server, ...(await fieldsOf(make(proxied))) };
    await nexus.provider.create(news);
    await nexus.provider.update("outbound-http", news, {
      ...news,
      nonProxyHosts: ["localhost", "*.corp.test"],
    });
    nexus.close();
    assert.equal(nexus.calls().filter(({ method }) => method === "PUT").length, 1);
  });

  it("send the proxy's password again with every change", async () => {
    const settings = new RestSettings();
    const nexus = await kindAgainst(make(proxied), rest, (call) => settings.answer(call));
    const news = { server: nexus.server, ...(await fieldsOf(make(proxied))) };
    await nexus.provider.create(news);
    await nexus.provider.update("outbound-http", news, { ...news, timeout: 31 });
    nexus.close();
    assert.deepEqual(settings.kept, {
      ...NOTHING_BY_REST,
      timeout: 31,
      retries: 2, // Nexus's own default: it takes no null
      httpProxy: {
        enabled: true,
        host: "proxy.test",
        port: "3128",
        authInfo: { enabled: true, username: "berth", password: "pr0xy", ntlmHost: "", ntlmDomain: "" },
      },
      nonProxyHosts: ["*.corp.test", "localhost"],
    });
  });

  it("keep a proxy, and its password, that somebody else set", async () => {
    const settings = new UiSettings();
    settings.kept = {
      httpEnabled: true,
      httpHost: "theirs.test",
      httpPort: 8080,
      httpAuthEnabled: true,
      httpAuthUsername: "them",
      httpAuthPassword: "theirs",
    };
    const nexus = await kindAgainst(make({}), openApi([]), (call) => settings.answer(call));
    await nexus.provider.create({ server: nexus.server, timeout: 30 });
    nexus.close();
    const { timeout, httpHost, httpPort, httpAuthUsername, httpAuthPassword } = settings.kept;
    assert.deepEqual(
      [timeout, httpHost, httpPort, httpAuthUsername, httpAuthPassword],
      [30, "theirs.test", 8080, "them", "theirs"],
    );
  });

  it("are Nexus's own again where they leave the program", async () => {
    const byUi = new UiSettings();
    byUi.kept = { timeout: 30 };
    const old = await kindAgainst(make({}), openApi([]), (call) => byUi.answer(call));
    await old.provider.delete("outbound-http", { server: old.server, timeout: 30 });
    old.close();
    assert.deepEqual(byUi.kept, {});
    const today = await kindAgainst(make({}), rest, () => ({ status: 204 }));
    await today.provider.delete("outbound-http", { server: today.server, timeout: 30 });
    today.close();
    assert.deepEqual(today.asked(), ["DELETE /v1/http"]);
  });

  it("tell which field Nexus refused, and not the password", async () => {
    const settings = new UiSettings();
    const nexus = await kindAgainst(make({}), openApi([]), (call) => settings.answer(call));
    const args: Own = { httpProxy: { host: "http://x", port: 1, username: "u", password: "pr0xy" } };
    await assert.rejects(nexus.provider.create({ server: nexus.server, ...(await fieldsOf(make(args))) }), {
      message:
        "coreui_HttpSettings.update of Nexus's UI API (/service/extdirect) failed: " +
        "httpHost: Hostname must be valid; timeout: must be less",
    });
    nexus.close();
  });

  const bad: [Own, string][] = [
    [{ timeoutSeconds: 0 }, "The outbound HTTP settings take a timeoutSeconds from 1 to 3600, not 0."],
    [{ retries: 11 }, "The outbound HTTP settings take retries from 0 to 10, not 11."],
    [
      { nonProxyHosts: ["localhost"] },
      "nonProxyHosts of the outbound HTTP settings says what a proxy is not for: give httpProxy or httpsProxy with it.",
    ],
  ];
  for (const [args, message] of bad) {
    it(`are refused at preview with ${JSON.stringify(args)}`, async () => {
      const nexus = await kindAgainst(make({}), rest, () => ({ status: 500 }));
      assert.deepEqual(await nexus.refusals(await fieldsOf(make(args))), [message]);
      nexus.close();
    });
  }
});
