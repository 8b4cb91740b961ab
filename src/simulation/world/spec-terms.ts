import { z } from 'zod';

/** Words that every part of a world's specification uses. */

/** A policy document: the JSON as an object, or as text (`|` blocks). */
export const policy = z.union([z.string().min(2), z.record(z.string(), z.json())]);
export const tags = z.record(z.string(), z.string()).default({});
/** Path in the package -> text of the file. The zip is real, and so is its `CodeSha256`. */
export const files = z.record(z.string().min(1), z.string());
export const name = z.string().regex(/^[A-Za-z0-9_+=,.@-]{1,128}$/);
export const functionName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const qualifier = z.string().regex(/^(\$LATEST(\.PUBLISHED)?|[A-Za-z0-9_-]{1,128})$/);
export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/);
