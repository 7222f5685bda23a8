import * as pulumi from "@pulumi/pulumi";
import { NexusConfiguration } from "../../../components/nexus/nexus-configuration";
import { parseSettings } from "../../../components/settings/settings";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { InlineProject } from "../../support/stack/inline-stack";
import { permissionTests, type Repository, repositories } from "./docker-permissions";
import { NexusStage } from "./harness";

describe("who may do what with the docker repositories out of the box", function () {
  this.timeout(600_000);
  const stage = new NexusStage(repositories.length);
  let project: InlineProject | undefined;
  const passwords: Partial<Record<string, string>> = {};

  const port = (repository: Repository) => stage.more[repositories.indexOf(repository)]!;
  const { prepare, define } = permissionTests({ stage, port, passwords: () => passwords });

  /** The program's own configuration of a Nexus, on a Nexus that is there already. */
  const program = () => {
    const nexus = {
      hostname: "127.0.0.1",
      image: NEXUS_IMAGE,
      port: stage.ports.http,
      allowDataLoss: true,
      repositories: {
        releases: { port: port("releases") },
        cache: { port: port("cache") },
        hub: { port: port("hub"), remote: "http://upstream:5000" },
        docker: { port: port("docker") },
        gitlab: false,
      },
    };
    const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/blog" };
    const settings = parseSettings({ nexus, gitlab, servers: {}, apps: {} }).nexus;
    const url = pulumi.output(`http://127.0.0.1:${stage.ports.http}`);
    const host = { url, container: pulumi.output(stage.run), ca: undefined, access: { tls: false } };
    const made = new NexusConfiguration("registry", { host, settings });
    for (const { username, password } of Object.values(made.accounts))
      password.apply((value) => {
        passwords[username] = value;
      });
  };

  before(async function () {
    await stage.startFor(this);
    project = new InlineProject("permissions");
    await (await project.stack("dev")).up(program);
    stage.password = passwords["admin"]!;
    await prepare();
  });
  after(async () => {
    project?.remove();
    await stage.cleanUp();
  });

  define();
});
