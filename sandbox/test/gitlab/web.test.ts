import assert from "node:assert/strict";
import { createPublicKey, createVerify, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccessToken, ciUser, ensureCiToken, readTokens, writeTokens } from "../../gitlab/access-tokens";
import { libtrustKeyId, signingKeyOf } from "../../gitlab/signing-key";
import { gitlabWeb } from "../../gitlab/web";

const scope = "scope=repository:team/blog:pull,push";
const service = "service=container_registry";

describe("GitLab's web address", () => {
  let dir: string;
  let server: Server;
  let key: KeyObject;
  let ci: AccessToken;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "berth-gitlab-"));
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    key = pair.publicKey;
    writeFileSync(signingKeyOf(dir).keyFile, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
    ci = ensureCiToken(dir, "team/blog");
    server = gitlabWeb(dir).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });

  after(() => {
    server.close();
    server.closeAllConnections();
    rmSync(dir, { recursive: true });
  });

  async function ask(path: string, login?: [string, string], method = "GET") {
    const headers: Record<string, string> = login
      ? { authorization: `Basic ${Buffer.from(login.join(":")).toString("base64")}` }
      : {};
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, method });
    const text = await response.text();
    return { status: response.status, text, json: () => JSON.parse(text) };
  }

  it("signs what a token allows, with GitLab's claims, for five minutes", async () => {
    const answer = await ask(`/jwt/auth?${service}&account=ci&${scope}`, [ciUser, ci.token]);
    assert.equal(answer.status, 200);
    const { header, claims, isValid } = decode(answer.json().token, key);
    assert.ok(isValid);
    assert.deepEqual(header, { typ: "JWT", alg: "RS256", kid: libtrustKeyId(key) });
    const { iat, nbf, exp, jti, ...rest } = claims;
    assert.deepEqual(rest, {
      access: [{ type: "repository", name: "team/blog", actions: ["pull", "push"] }],
      aud: "container_registry",
      sub: ciUser,
      iss: "gitlab-issuer",
    });
    assert.equal(Number(exp) - Number(iat), 300);
    assert.ok(Number(nbf) < Number(iat));
    assert.match(String(jti), /^[0-9a-f-]{36}$/);
  });

  it("lets a login without a scope in, with no access in its token", async () => {
    const answer = await ask(`/jwt/auth?${service}`, [ciUser, ci.token]);
    assert.equal(answer.status, 200);
    assert.deepEqual(decode(answer.json().token, key).claims.access, []);
  });

  it("gives no access to an unknown project, and no error", async () => {
    const answer = await ask(`/jwt/auth?${service}&scope=repository:team/none:pull`, [ciUser, ci.token]);
    assert.equal(answer.status, 200);
    assert.deepEqual(decode(answer.json().token, key).claims.access, []);
  });

  it("refuses a wrong password, a wrong user and anything but Basic with 401 and GitLab's words", async () => {
    for (const login of [
      [ciUser, "wrong"],
      ["root", ci.token],
      ["", ci.token],
    ] as [string, string][]) {
      const answer = await ask(`/jwt/auth?${service}&${scope}`, login);
      assert.equal(answer.status, 401, login[0]);
      assert.equal(answer.json().errors[0].code, "UNAUTHORIZED");
      assert.match(answer.json().errors[0].message, /^HTTP Basic: Access denied\./);
      assert.ok(!answer.text.includes(ci.token));
    }
  });

  it("answers without credentials as for public projects only: no scope 403, a scope no access", async () => {
    const none = await ask(`/jwt/auth?${service}`);
    assert.equal(none.status, 403);
    assert.deepEqual(none.json(), { errors: [{ code: "DENIED", message: "access forbidden" }] });
    const some = await ask(`/jwt/auth?${service}&${scope}`);
    assert.deepEqual(decode(some.json().token, key).claims.access, []);
  });

  it("knows no other service and no OAuth2 form (clients then use GET)", async () => {
    assert.equal((await ask(`/jwt/auth?service=other&${scope}`, [ciUser, ci.token])).status, 404);
    assert.equal((await ask(`/jwt/auth?${service}`, [ciUser, ci.token], "POST")).status, 404);
  });

  it("takes a token that was added while it runs", async () => {
    const before = readTokens(dir);
    const reader: AccessToken = {
      ...ci,
      name: "r",
      usernames: [],
      scopes: ["read_registry"],
      token: "reader",
    };
    writeTokens(dir, { ...before, tokens: [...before.tokens, reader] });
    const answer = await ask(`/jwt/auth?${service}&${scope}`, ["anybody", "reader"]);
    assert.deepEqual(decode(answer.json().token, key).claims.access[0].actions, ["pull"]);
  });

  it("says that it is healthy, and of all else that it is the sandbox", async () => {
    assert.deepEqual(await ask("/-/health").then(({ status, text }) => [status, text]), [200, "GitLab OK"]);
    const other = await ask("/explore?private_token=geheim");
    assert.equal(other.status, 501);
    assert.match(other.json().message, /sandbox.*not GET \/explore$/);
  });
});

describe("access tokens", () => {
  it("are made once for a project and kept where only the owner reads them", () => {
    const dir = mkdtempSync(join(tmpdir(), "berth-tokens-"));
    const first = ensureCiToken(dir, "team/blog");
    assert.deepEqual(ensureCiToken(dir, "team/blog"), first);
    const second = ensureCiToken(dir, "team/shop");
    assert.notEqual(second.token, first.token);
    assert.deepEqual(readTokens(dir), {
      projects: [{ path: "team/blog" }, { path: "team/shop" }],
      tokens: [first, second],
    });
    assert.equal(statSync(join(dir, "tokens.json")).mode & 0o777, 0o600);
    rmSync(dir, { recursive: true });
  });
});

describe("libtrust key ids", () => {
  it("are twelve groups of four base32 characters, the same for both halves of a pair", () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    assert.match(libtrustKeyId(publicKey), /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    assert.equal(libtrustKeyId(createPublicKey(privateKey)), libtrustKeyId(publicKey));
  });
});

function decode(token: string, key: KeyObject) {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const verify = createVerify("sha256").update(`${header}.${claims}`);
  return {
    header: parse(header),
    claims: parse(claims),
    isValid: verify.verify(key, signature, "base64url"),
  };
}
