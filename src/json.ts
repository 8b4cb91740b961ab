/** What JSON can hold. Everything that is stored, hashed or sent between processes is of this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Optional properties are absent, never `undefined`, once serialised. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}
