// The API, typed by its document. `await call(api.GET("/api/ping"))` answers the body, or throws an `ApiError`.
import createClient from "openapi-fetch";
import { base } from "../base";
import { ApiError, readError, signedOut } from "./errors";
import type { paths } from "./schema";

// A repeat with the same key gets the first answer: what creates may be sent again after a broken connection.
const CREATING =
  /^\/api\/(history|presets|conditions|dl_fields|notifications|tasks|tasks\/definitions|file\/download)\/?$/;
const REPEAT_AFTER_MS = 1000;

export const api = createClient<paths>({ baseUrl: base || window.location.origin, fetch: send, pathSerializer: writePath });

// Paths of files keep their slashes.
function writePath(path: string, values: Record<string, unknown>): string {
  return path.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? pathOf(String(values[name])) : whole));
}

async function send(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.slice(base.length);
  request.headers.set("Accept", "application/json");
  const isCreating = request.method === "POST" && CREATING.test(path);
  if (isCreating && !request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", newKey());
  const isRepeatable = isCreating || request.method === "GET";
  const again = isRepeatable ? request.clone() : null;
  try {
    return await fetch(request);
  } catch (error) {
    if (!again || again.signal.aborted) throw error;
    await new Promise((resolve) => setTimeout(resolve, REPEAT_AFTER_MS));
    return fetch(again);
  }
}

// crypto.randomUUID exists on HTTPS and the loopback alone.
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

export async function call<T>(answer: Answer<T>): Promise<T> {
  let outcome;
  try {
    outcome = await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "UNREACHABLE", "");
  }
  if (outcome.response.ok || outcome.response.status === 304) return outcome.data as T;
  const problem = readError(outcome.response, outcome.error);
  if (problem.status === 401) signedOut.value = true;
  throw problem;
}

// For addresses that elements load by themselves: pictures, downloads, links.
export function address(path: string, query?: Record<string, string>): string {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  return `${base}${path}${search}`;
}

export function pathOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}
