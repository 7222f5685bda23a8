import assert from "node:assert/strict";
import { type Document, isNode, parseAllDocuments } from "yaml";

/** An object as Kubernetes is given it. */
export class Manifest {
  constructor(private readonly document: Document.Parsed) {}

  get kind(): unknown {
    return this.at("kind");
  }

  get name(): unknown {
    return this.at("metadata.name");
  }

  /** What stands at keys and places in lists, with dots between them; then at keys that may have dots themselves. */
  at(path: string, ...keys: string[]): unknown {
    const found = this.document.getIn([...path.split("."), ...keys]);
    return isNode(found) ? found.toJS(this.document) : found;
  }

  get object(): unknown {
    return this.document.toJS();
  }
}

/** As Kubernetes and Helm read it: to YAML 1.1 `NO` and `on` are no texts. */
export function parseManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text, { version: "1.1" });
  assert.ok(Array.isArray(documents), "it holds no document");
  for (const { errors } of documents) assert.deepEqual(errors, []);
  return documents.filter(({ contents }) => contents !== null).map((one) => new Manifest(one));
}

/** The one of a kind, and of a name where there are several. */
export function theOne(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter((one) => one.kind === kind && (name === undefined || one.name === name));
  assert.equal(
    found.length,
    1,
    `${found.length} of ${kind} ${name ?? ""} in ${manifests.map((one) => `${one.kind} ${one.name}`).join(", ")}`,
  );
  return found[0]!;
}
