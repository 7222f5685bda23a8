import { ClusterStage } from "./cluster-stage";
import { ClustersProject, example, type WrittenFile } from "./clusters-project";
import { Flux } from "./flux";

/** A cluster in which Flux follows the project platform/clusters, and Berth commits releases there. */
export class FluxStage {
  readonly cluster = new ClusterStage();
  private readonly project = new ClustersProject();
  private flux: Flux | undefined;

  /** @param files of the project, besides charts/app. @returns why there can be no cluster */
  async start(files: Readonly<Record<string, string>>): Promise<string | undefined> {
    const why = await this.cluster.start();
    if (why !== undefined) return why;
    await this.project.start(files);
    this.flux = await Flux.start(this.cluster.cluster, (text) => console.log(`  ${text}`));
    await this.cluster.apply(this.project.source());
    return undefined;
  }

  /** Has Flux apply what one of examples/flux says, in the namespace of the test. */
  async follow(file: string): Promise<void> {
    const object = example(file);
    const spec = { ...object.spec, targetNamespace: this.cluster.namespace };
    await this.cluster.apply([{ ...object, spec }]);
  }

  /** Commits a release, and has Flux look: it would anyway, a little later. @param image repository@digest */
  async release(image: string, file: WrittenFile): Promise<void> {
    await this.project.release(image, file);
    await this.flux?.look("clusters");
  }

  async stop(): Promise<void> {
    await this.flux?.stop();
    await this.project.stop();
    await this.cluster.stop();
  }
}
