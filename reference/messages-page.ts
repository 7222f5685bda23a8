import { join } from "node:path";
import { type MessageFile, messagesIn } from "./messages";

/** `docs/reference/messages.md`: every error that Berth can end with, as its source says it. */

const root = join(__dirname, "..");

const HEAD = `# Messages

What Berth says when it can't go on. Made of the source by \`npm run docs:reference\`, so that all of it can be read in one piece, each with
the file that says it: to find one, look for a word of it. Where something can be done about it, the message itself says what; [\`berth doctor\`](../doctor.md) looks at all that a stack
needs. \`‹…›\` stands for what is told at that place, such as a name, an address or
another message. A command ends with exit code 1 after these, and with 2 where it says so; what exit codes mean is in
[commands.md](../commands.md). Docker's, GitLab's and Nexus's own words come after these, as they were given.
`;

/** What a room's messages are about. The first that fits has it. */
const CHAPTERS: readonly (readonly [folder: string, title: string])[] = [
  ["components/settings", "Settings"],
  ["components/dockerfile", "Dockerfiles and builds"],
  ["components/image", "Dockerfiles and builds"],
  ["components/registry", "Registries"],
  ["components/release", "Registries"],
  ["components/gitlab", "GitLab"],
  ["automation/gitlab", "GitLab"],
  ["components/nexus", "Nexus"],
  ["automation/nexus", "Nexus"],
  ["components/compose", "Nexus by Docker Compose"],
  ["automation/compose", "Nexus by Docker Compose"],
  ["components/gitops", "Kubernetes and GitOps"],
  ["components/cluster", "Kubernetes and GitOps"],
  ["automation/gitops", "Kubernetes and GitOps"],
  ["components/docker", "Docker hosts"],
  ["components/deploy", "Apps on servers"],
  ["components/edge", "Apps on servers"],
  ["automation/services", "Services"],
  ["automation/init", "The first files"],
  ["automation", "Commands"],
  ["components", "What all of it stands on"],
];

export function messagesPage(): string {
  const chapters = new Map<string, string[]>(CHAPTERS.map(([, title]) => [title, []]));
  for (const { file, messages } of messagesIn(root, ["components", "automation"]))
    chapters.get(chapterOf(file))!.push(...linesOf({ file, messages }));
  const sections = [...chapters].flatMap(([title, lines]) =>
    lines.length === 0 ? [] : ["", `## ${title}`, ...lines],
  );
  return `${[HEAD.trimEnd(), ...sections].join("\n")}\n`;
}

function chapterOf(file: string): string {
  const [, title] = CHAPTERS.find(([folder]) => file.startsWith(`${folder}/`)) ?? [];
  if (title === undefined)
    throw new Error(`${file} has messages, and reference/messages-page.ts no chapter for it`);
  return title;
}

function linesOf({ file, messages }: MessageFile): string[] {
  const items = messages.map(({ text, isUsage }) => `- ${markdown(text)}${isUsage ? " (exit 2)" : ""}`);
  return ["", `[${file}](../../${file})`, "", ...items];
}

/** A message is text: nothing in it is markup. */
function markdown(text: string): string {
  return text
    .replace(/[\\`*_<>[\]|]/g, "\\$&")
    .replaceAll("\n", " ⏎ ")
    .replace(/\s+/g, " ")
    .trim();
}
