import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { root } from "../stack/sandbox";
import type { WrittenFile } from "./clusters-project";

/** Where docs/kubernetes.md has Berth write into Kustomize's images. */
export const KUSTOMIZED: WrittenFile = {
  path: "prod/kustomization.yaml",
  values: {
    repository: ["images[name=blog].newName"],
    tag: ["images[name=blog].newTag"],
    digest: ["images[name=blog].digest"],
  },
};

/** A project's files for a Deployment `site` of two pods by Kustomize, with the images of docs/kubernetes.md. */
export function siteFiles(): Record<string, string> {
  const docs = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
  const [, images = ""] = /^```yaml\n# prod\/kustomization\.yaml\n([\s\S]*?)^```/m.exec(docs) ?? [];
  return {
    [KUSTOMIZED.path]: images,
    "base/kustomization.yaml": stringify({ resources: ["site.yaml"] }),
    "base/site.yaml": stringify(site("blog")),
  };
}

/** The Deployment, with an image of its own. */
export function site(image: string, name = "site") {
  const labels = { app: name };
  const readinessProbe = { httpGet: { path: "/", port: 8000 }, periodSeconds: 1 };
  const pod = {
    containers: [{ name: "site", image, readinessProbe }],
    imagePullSecrets: [{ name: "nexus" }],
  };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const template = { metadata: { labels }, spec: { ...pod, terminationGracePeriodSeconds: 10 } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, strategy, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec };
}
