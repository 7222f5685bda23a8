import assert from "node:assert/strict";
import type { JsonObject } from "../../../components/values/json-object";
import { Helm } from "../../support/kubernetes/helm";

/** Helm is built once for a machine. */
const BUILD_MS = 1_200_000;

const image = { repository: "nexus.test/blog", tag: "v1", digest: `sha256:${"1".repeat(64)}` };
const processes = { web: { port: 8000 } };
const byHand =
  "berth up and berth promote write repository, tag and digest into the values file (docs/kubernetes.md); " +
  "by hand: --set image.repository=HOST/NAME,image.digest=sha256:…";

interface Broken {
  readonly what: string;
  /** In the place of those that are right. */
  readonly values: JsonObject;
  readonly says: string;
}

const broken: readonly Broken[] = [
  {
    what: "no digest",
    values: { image: { ...image, digest: "" } },
    says: `image.digest is empty, and what runs is said by the digest alone: ${byHand}`,
  },
  {
    what: "a tag in the place of the digest",
    values: { image: { ...image, digest: "v1" } },
    says: "at '/image/digest': 'v1' does not match pattern '^(sha256:[0-9a-f]{64})?$'",
  },
  {
    what: "no repository",
    values: { image: { digest: image.digest } },
    says: `image.repository is empty: ${byHand}`,
  },
  {
    what: "nothing that runs",
    values: { processes: {} },
    says: "processes is empty: name what runs of the image, such as processes: { web: { port: 8000 } }",
  },
  {
    what: "a mistyped option",
    values: { procesess: processes },
    says: "at '': additional properties 'procesess' not allowed",
  },
  {
    what: "a mistyped option of a process",
    values: { processes: { web: { ports: 8000 } } },
    says: "at '/processes/web': additional properties 'ports' not allowed",
  },
  {
    what: "a process that is named as nothing in a cluster may be",
    values: { processes: { Web_1: {} } },
    says:
      "processes.Web_1: a process is named with up to 20 small letters, digits and dashes, such as web, " +
      "and not migrate, as the migration is",
  },
  {
    what: "a process that is named as the migration is",
    values: { processes: { migrate: {} } },
    says:
      "processes.migrate: a process is named with up to 20 small letters, digits and dashes, such as web, " +
      "and not migrate, as the migration is",
  },
  {
    what: "an ingress to nowhere",
    values: { processes: { web: { ingress: { hosts: ["blog.test"] } } } },
    says: "processes.web.ingress leads to the process's port, which is missing",
  },
  {
    what: "a health check by http of what has no port",
    values: { processes: { worker: { health: { path: "/up" } } } },
    says:
      "processes.worker.health.path is asked on the process's port, which is missing: give it port, " +
      "or command in the place of path",
  },
  {
    what: "two health checks in one",
    values: { processes: { web: { port: 1, liveness: { path: "/up", command: ["check"] } } } },
    says: "processes.web.liveness is either a path, which is asked by http, or a command",
  },
  {
    what: "two who say how many",
    values: { processes: { web: { port: 1, replicas: 4, autoscaling: { maxReplicas: 5 } } } },
    says: "processes.web has replicas and autoscaling: take one of them out",
  },
  {
    what: "fewer at most than at least",
    values: { processes: { web: { port: 1, autoscaling: { maxReplicas: 1 } } } },
    says: "processes.web.autoscaling.maxReplicas is below minReplicas (2, where it isn't given)",
  },
  {
    what: "autoscaling by a share of nothing",
    values: {
      resources: { requests: null },
      processes: { web: { port: 1, autoscaling: { maxReplicas: 5 } } },
    },
    says:
      "processes.web.autoscaling goes by the share of the requested CPU that is in use, and none is requested: " +
      "set resources.requests.cpu",
  },
  {
    what: "a number where the environment has texts",
    values: { env: { WORKERS: 4 } },
    says: "at '/env/WORKERS': got number, want string or object",
  },
  {
    what: "a command as one text",
    values: { processes: { web: { args: "python manage.py" } } },
    says: "at '/processes/web/args': got string, want array",
  },
  {
    what: "a migration that says nothing",
    values: { migration: { timeoutSeconds: 60 } },
    says: "migration has no args: say what runs, such as migration: { args: [python, manage.py, migrate] }",
  },
  {
    what: "a volume somewhere",
    values: { volumes: { data: { emptyDir: {} } } },
    says: 'volumes: "data" is no path from the root, such as /data',
  },
  {
    what: "secrets in the place of the cluster's token",
    values: { serviceAccountName: "blog", volumes: { "/run/secrets": { secret: { secretName: "blog" } } } },
    says: "volumes: /run/secrets is where Kubernetes puts the token of serviceAccountName, too: take another path, such as /run/blog",
  },
  {
    what: "a pod that is killed before it may end",
    values: { terminationGracePeriodSeconds: 3 },
    says: "at '/terminationGracePeriodSeconds': minimum: got 3, want 6",
  },
  {
    what: "a mistyped part of the security context",
    values: { securityContext: { readOnlyRootFileSystem: false } },
    says: "at '/securityContext': additional properties 'readOnlyRootFileSystem' not allowed",
  },
];

describe("broken values of the chart", () => {
  let helm: Helm;

  before(async function () {
    this.timeout(BUILD_MS);
    helm = await Helm.get();
  });

  for (const { what, values, says } of broken)
    it(`refuses ${what}, and says so in a line`, async () => {
      const refusal = await helm.refusal({ image, processes, ...values });
      assert.ok(
        refusal.split("\n").some((line) => line.endsWith(says)),
        refusal,
      );
    });

  it("takes options that are left empty, as when all below them is a comment", async () => {
    const empty = [
      "env",
      "envFrom",
      "files",
      "volumes",
      "migration",
      "imagePullSecrets",
      "resources",
      "podSecurityContext",
    ];
    const more = ["securityContext", "serviceAccountName", "podAnnotations", "nodeSelector", "tolerations"];
    const text = [...empty, ...more].map((option) => `${option}:\n`).join("");
    const values = `image:\n  repository: nexus.test/blog\n  tag:\n  digest: ${image.digest}\nprocesses:\n  web: {}\n${text}`;
    assert.deepEqual(
      (await helm.template(values)).map(({ kind }) => kind),
      ["Deployment"],
    );
  });
});
