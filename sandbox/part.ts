/** A part of the pipeline as it is in the sandbox: the real thing, or something in its place. */
export interface Part {
  readonly part: string;
  readonly kind: "real" | "stand-in";
  /** Its version and where it comes from; of a stand-in why it is one. */
  readonly about: string;
}
