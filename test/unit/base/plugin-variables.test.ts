import assert from "node:assert/strict";
import { hiddenVariables, refuseInherited } from "../../../components/base/plugin-variables";

const socket = "unix:///var/run/docker.sock";
const tls = "tcp://web:2376?certificates=/certs/web";

describe("the variables of Docker's clients", () => {
  it("are empty for an engine that berth starts, which counts as not set", () => {
    const { DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY } = hiddenVariables();
    assert.deepEqual([DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY], ["", "", "", ""]);
  });

  it("are refused in a run by hand where they would change which host an address of the settings means, or how", () => {
    const refused = (addresses: string[], env: NodeJS.ProcessEnv) => {
      try {
        refuseInherited(addresses, env);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    assert.equal(
      refused([tls, socket], {
        DOCKER_HOST: "tcp://docker:2376",
        DOCKER_TLS_VERIFY: "1",
        DOCKER_CERT_PATH: "/c",
      }),
      "DOCKER_CERT_PATH in the environment: Pulumi's docker plugin would go by it for every Docker host, " +
        `${socket} of the settings too. Run it by berth, which keeps them to the build, or unset DOCKER_CERT_PATH.`,
    );
    assert.equal(refused([tls], { DOCKER_HOST: "tcp://docker:2376", DOCKER_CERT_PATH: "/c" }), undefined);
    assert.match(refused([tls], { DOCKER_CONTEXT: "farm" })!, /^DOCKER_CONTEXT in the environment/);
    assert.match(
      refused([tls], { DOCKER_CA_MATERIAL: "PEM", DOCKER_KEY_MATERIAL: "a key" })!,
      /^DOCKER_CA_MATERIAL, DOCKER_KEY_MATERIAL in the environment: .* would go by them/,
    );
    assert.equal(
      refused([socket, tls], { DOCKER_HOST: "tcp://docker:2375", DOCKER_CERT_PATH: "" }),
      undefined,
    );
  });
});
