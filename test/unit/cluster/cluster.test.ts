import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Cluster } from "../../../components/cluster/cluster";
import { lookAtWorkload } from "../../../components/cluster/workload";
import { ApiServer } from "../../support/cluster/api-server";
import { image, putDeployment } from "../../support/cluster/objects";
import { Authority } from "../../support/http/authority";

describe("a cluster that is asked", () => {
  let server: ApiServer;
  const open = (over: object = {}, env: NodeJS.ProcessEnv = {}) =>
    Cluster.open({ namespace: "shop", kubeconfig: server.kubeconfig(), ...over }, env);
  const look = async (cluster: Promise<Cluster>) => lookAtWorkload(await cluster, "blog");

  beforeEach(async () => {
    server = await new ApiServer().start();
    putDeployment(server, { image: image("1") });
  });
  afterEach(() => server.stop());

  it("is the one of the kubeconfig that settings name, else of the environment, as a path or as the text", async () => {
    const path = server.kubeconfig();
    const unnamed = { kubeconfig: undefined };
    for (const place of [
      open(),
      open(unnamed, { BERTH_KUBECONFIG: path, KUBECONFIG: "/nowhere" }),
      open(unnamed, { KUBECONFIG: path }),
      open(unnamed, { KUBECONFIG: `${readFileSync(path, "utf8")}\n` }),
      open({ context: "other" }),
    ])
      assert.deepEqual((await look(place)).images, [image("1")]);
  });

  it("takes the first of several kubeconfigs for the current context, and contexts from all", async () => {
    const path = server.kubeconfig();
    const env = { KUBECONFIG: `${path}:${path}x` };
    await assert.rejects(
      open({ kubeconfig: undefined }, env),
      /that KUBECONFIG names can't be read \(ENOENT/,
    );
  });

  it("needs a kubeconfig with the context that is wanted", async () => {
    await assert.rejects(
      open({ kubeconfig: undefined }),
      /^ClusterError: there is no kubeconfig to ask the cluster with\. Set BERTH_KUBECONFIG \(else KUBECONFIG is taken\) to the path of one/,
    );
    await assert.rejects(
      open({ context: "prod" }),
      /has no context prod; it has test, other\. Name one of them/,
    );
    await assert.rejects(
      open({ kubeconfig: "/nowhere/config" }),
      /the kubeconfig \/nowhere\/config can't be read/,
    );
  });

  it("repeats nothing of a kubeconfig that can't be read", async () => {
    const text = "users:\n  - name: hunter2\n token: hunter2";
    await assert.rejects(open({ kubeconfig: undefined }, { KUBECONFIG: text }), (error: Error) => {
      assert.match(error.message, /the kubeconfig in KUBECONFIG can't be read/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });

  it("asks for the pods of the Deployment only", async () => {
    await look(open());
    const [, pods] = server.made;
    assert.equal(new URL(pods!.path, server.url).searchParams.get("labelSelector"), "app=blog,tier in (a,b)");
  });

  it("names verb and resource that the account lacks", async () => {
    server.forbidden.add("list pods");
    await assert.rejects(
      look(open()),
      new RegExp(
        `^ClusterError: cluster ${server.url}, list pods in namespace shop: this kubeconfig's account may not\\. ` +
          'It said: pods is forbidden: User "ci" cannot list resource "pods"\\. Give the account a role with the verb list on pods there',
      ),
    );
  });

  it("tells a certificate of its user that has expired from an account that isn't known", async () => {
    const { certificate, key } = server.authority.issue(["ci"], -3);
    const [cert, secret] = [certificate, key].map((file) => readFileSync(file).toString("base64"));
    const user = { "client-certificate-data": cert, "client-key-data": secret };
    const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    await assert.rejects(
      look(open({ kubeconfig: server.kubeconfig(user) })),
      new RegExp(
        `get deployments blog in namespace shop: the certificate of this kubeconfig's user expired on ${day}\\. Have`,
      ),
    );
    await assert.rejects(
      look(open({ kubeconfig: server.kubeconfig({ token: "old" }) })),
      /it doesn't know this kubeconfig's account: its token or certificate has run out/,
    );
  });

  it("tells a certificate of the API server that has expired, and one that the kubeconfig doesn't trust", async () => {
    await server.pause();
    await server.start(server.authority.issue(["127.0.0.1"], -3));
    await assert.rejects(look(open()), /the certificate of the API server has expired\. Renew it/);
    await server.pause();
    await server.start();
    const other = new Authority();
    await assert.rejects(
      look(open({ kubeconfig: server.kubeconfig({ token: "x" }, other.ca) })),
      /the API server's certificate isn't the one that the kubeconfig trusts/,
    );
    other.remove();
  });

  it("tells where the program that gives a kubeconfig its token isn't there", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/nowhere/login",
      interactiveMode: "Never",
    };
    await assert.rejects(
      look(open({ kubeconfig: server.kubeconfig({ exec }) })),
      /the login of the kubeconfig, or what came back, can't be used \(.*\/nowhere\/login.*\)\. Does kubectl get there with it\?$/,
    );
  });

  it("tells no answer from trouble of the server", async () => {
    server.failures.push(503);
    await assert.rejects(look(open()), /it answered 503 \(the server is currently unable/);
    const cluster = open();
    await server.pause();
    await assert.rejects(
      look(cluster),
      /it gave no answer \(.*ECONNREFUSED.*\)\. Can this machine reach it\?$/,
    );
  });
});
