import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Props } from "../providers/provider";
import { type JsonObject, mapFromWire, mapToWire, secretOnWire } from "../values/wire";

/** The properties of a request. Nothing given is no properties. */
export function propsOf(struct: Struct | undefined): Props {
  return struct === undefined ? {} : mapFromWire(struct.toJavaScript() as JsonObject);
}

/** Properties for an answer, `secrets` of them marked as such: what was secret going in the engine marks by itself. */
export function structOf(props: Props, secrets: readonly string[] = []): Struct {
  const wire = mapToWire(props);
  for (const name of secrets) if (wire[name] !== undefined) wire[name] = secretOnWire(wire[name]);
  return Struct.fromJavaScript(wire as { [key: string]: JavaScriptValue });
}
