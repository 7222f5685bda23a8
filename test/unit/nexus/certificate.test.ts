import assert from "node:assert/strict";
import { UNKNOWN } from "../../../components/base/shape";
import { Certificate } from "../../../components/nexus/kinds/certificate";
import { FINGERPRINT, PEM } from "../../support/http/certificate";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";

const STORE = "/v1/security/ssl/truststore";

const make = (pem: string) => () => new Certificate("c", { server: anyServer, pem });
const told = {
  id: FINGERPRINT,
  fingerprint: FINGERPRINT,
  pem: PEM,
  subjectCommonName: "Berth test authority",
};

describe("a trusted certificate", () => {
  it("is named by its SHA-1 fingerprint, whatever its line ends and the text around it", async () => {
    const untidy = `An authority\r\n${PEM.replaceAll("\n", "\r\n")}\r\n`;
    assert.deepEqual(await fieldsOf(make(untidy)), { pem: PEM, fingerprint: FINGERPRINT });
  });

  it("is sent as plain PEM, found in the list, and deleted by its fingerprint", async () => {
    let list: object[] = [];
    const nexus = await kindAgainst(make(PEM), openApi([]), ({ method }) => {
      if (method === "GET") return { status: 200, body: list };
      list = [told];
      return { status: method === "POST" ? 201 : 204, body: told };
    });
    const { server, provider } = nexus;
    const fields = { server, ...(await fieldsOf(make(PEM))) };
    const { id, outs } = await provider.create(fields);
    assert.equal(id, FINGERPRINT);
    const { props } = await provider.read(id, outs);
    assert.equal((await provider.diff(id, props!, fields)).changes, false);
    await provider.delete("AA:BB", outs);
    nexus.close();
    assert.deepEqual(nexus.asked(), [
      `GET ${STORE}`,
      `POST ${STORE}`,
      `GET ${STORE}`,
      `DELETE ${STORE}/${encodeURIComponent("AA:BB")}`,
    ]);
    assert.equal(nexus.calls()[1]!.body, PEM);
  });

  it("that is there already is adopted as it is", async () => {
    const nexus = await kindAgainst(make(PEM), openApi([]), () => ({ status: 200, body: [told] }));
    const fields = { server: nexus.server, adopt: true, ...(await fieldsOf(make(PEM))) };
    assert.equal((await nexus.provider.create(fields)).id, FINGERPRINT);
    nexus.close();
    assert.deepEqual(nexus.asked(), [`GET ${STORE}`]);
  });

  it("that went missing is gone", async () => {
    const nexus = await kindAgainst(make(PEM), openApi([]), () => ({ status: 200, body: [] }));
    const state = { server: nexus.server, ...(await fieldsOf(make(PEM))) };
    assert.deepEqual(await nexus.provider.read(FINGERPRINT, state), { id: "", props: {} });
    nexus.close();
  });

  it("can't become another one", async () => {
    const nexus = await kindAgainst(make(PEM), openApi([]), () => ({ status: 200, body: [] }));
    const olds = await fieldsOf(make(PEM));
    assert.deepEqual(await nexus.refusals({ pem: "other", fingerprint: "AA" }, olds), [
      `Nexus can't change "fingerprint" of the trusted certificate "${FINGERPRINT}". ` +
        `Put "${FINGERPRINT}" back, or declare a new one beside it under another resource name.`,
    ]);
    nexus.close();
  });

  const bad: [string, string, string][] = [
    [
      "what isn't PEM",
      "/etc/ssl/ca.crt\n",
      "A trusted certificate is one in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; " +
        'this begins with "/etc/ssl/ca.crt" and can\'t be read as one.',
    ],
    [
      "a broken certificate",
      PEM.replace("MIIB", "AAAA"),
      "A trusted certificate is one in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; " +
        'this begins with "-----BEGIN CERTIFICATE-----" and can\'t be read as one.',
    ],
    [
      "a chain",
      PEM + PEM,
      "A trusted certificate is one in PEM, this holds 2: declare one Certificate for each.",
    ],
  ];
  for (const [what, pem, message] of bad) {
    it(`is refused at preview where it is ${what}`, async () => {
      const nexus = await kindAgainst(make(pem), openApi([]), () => ({ status: 200, body: [] }));
      assert.deepEqual(await nexus.refusals(await fieldsOf(make(pem))), [message]);
      nexus.close();
    });
  }

  it("is not refused where only the update will tell it", async () => {
    const nexus = await kindAgainst(make(PEM), openApi([]), () => ({ status: 200, body: [] }));
    assert.deepEqual(await nexus.refusals({ pem: UNKNOWN, fingerprint: UNKNOWN }), []);
    nexus.close();
  });
});
