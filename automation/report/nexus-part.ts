import { repositoryContent } from "../../components/nexus/object/content";
import { caller } from "../../components/nexus/object/object-provider";
import { administratorFindings } from "../doctor/nexus";
import { listRepositories } from "../nexus/list-repositories";
import { nexusServer, PATIENCE_MS } from "../nexus/server";
import type { OpenStack } from "../stack/open-stack";
import { part, type ReportedFinding, type ReportedNexus } from "./stack-report";

/** Every repository with what it holds, and what the server says of its limits. @throws where it can't be asked */
export async function lookAtNexus(open: OpenStack): Promise<ReportedNexus> {
  const server = await nexusServer(open);
  const call = caller(server, PATIENCE_MS);
  const [listed, findings] = await Promise.all([
    listRepositories(call, open.file.settings().nexus),
    administratorFindings(server, open.name),
  ]);
  const repositories = await Promise.all(
    listed.map(async (one) =>
      one.type === "group" ? one : { ...one, content: await part(() => repositoryContent(call, one.name)) },
    ),
  );
  // Not its version with the holes of that: many people may read the page.
  const limits = findings.map(({ what, state, text }): ReportedFinding => ({ what, state, text }));
  return { repositories, limits };
}
