// Refusals of the API as values: a text for people, a code for programs, texts by field of a form.
import { signal } from "@preact/signals";

export const signedOut = signal(false);

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds = 0,
    // The rest of the body: some refusals carry more, such as the element of a list that is meant.
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

interface Detail {
  loc?: (string | number)[];
  msg?: string;
}

export function readError(response: Response, body: unknown): ApiError {
  const parts = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = parts["error"] ?? parts["message"] ?? response.statusText;
  const details = Array.isArray(parts["detail"]) ? (parts["detail"] as Detail[]) : [];
  const fields = Object.fromEntries(details.map(({ loc, msg }) => [String(loc?.at(-1) ?? ""), msg ?? ""]));
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  return new ApiError(response.status, String(parts["code"] ?? ""), String(text), fields, wait, parts);
}
