/** One line of what the Docker API streams while it builds, pulls or pushes. */
export interface DockerEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string; readonly code?: number };
  /** Base64 text in what BuildKit traces. */
  readonly aux?: string | { readonly ID?: string; readonly Digest?: string; readonly Tag?: string };
}

/** The events of a response, one JSON document a line. */
export async function* dockerEvents(response: NodeJS.ReadableStream): AsyncGenerator<DockerEvent> {
  let rest = "";
  for await (const chunk of response) {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as DockerEvent;
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as DockerEvent;
}
