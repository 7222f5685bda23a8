/**
 * BuildKit's progress, which Docker streams as base64 of the protobuf message `moby.buildkit.v1.StatusResponse`
 * (api/services/control/control.proto): 1 vertexes {3 name, 7 error}, 2 statuses {1 ID}, 3 logs {4 msg}.
 */
export function traceLines(aux: string): string[] {
  return [...protobufFields(Buffer.from(aux, "base64"))].flatMap(({ number, content }) => {
    if (number === 1)
      return [...textsAt(content, 3), ...textsAt(content, 7).map((error) => `error: ${error}`)];
    if (number === 2) return textsAt(content, 1);
    return number === 3 ? textsAt(content, 4).flatMap((text) => text.split("\n")) : [];
  });
}

function textsAt(message: Buffer, wanted: number): string[] {
  return [...protobufFields(message)]
    .filter(({ number, content }) => number === wanted && content.length > 0)
    .map(({ content }) => content.toString().trimEnd());
}

/** The length-delimited fields of a message; numbers are skipped. */
function* protobufFields(message: Buffer): Generator<{ number: number; content: Buffer }> {
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[offset++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (offset < message.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) offset += 8;
    else if (wire === 5) offset += 4;
    else if (wire === 2) {
      const length = varint();
      yield { number: Math.floor(tag / 8), content: message.subarray(offset, offset + length) };
      offset += length;
    } else return;
  }
}
