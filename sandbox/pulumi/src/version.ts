/** The Pulumi whose behaviour and file formats this engine follows; the suffix tells it from the real one. */
export const ENGINE_VERSION = "v3.260.0+berth-sandbox";
