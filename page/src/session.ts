// Who is signed in. Without accounts and without a password everybody may do everything.
import { effect, signal } from "@preact/signals";
import { address } from "./api/client";
import { ApiError, readError, signedOut } from "./api/errors";
import { startSocket, stopSocket } from "./live/socket";

export interface Account {
  username: string;
  [key: string]: unknown;
}

interface Status {
  // Nobody needs to sign in.
  disabled: boolean;
  // There is no account yet; the first one is made here.
  setup_required: boolean;
  authenticated: boolean;
  user: Account | null;
}

export const session = signal<Status | null>(null);

const OPEN: Status = { disabled: true, setup_required: false, authenticated: false, user: null };

export async function startSession(): Promise<void> {
  session.value = await askStatus().catch(() => OPEN);
  effect(() => {
    if (signedOut.value && session.peek()?.disabled === false) show({ ...OPEN, disabled: false });
  });
  follow();
}

export function mayUse(): boolean {
  const now = session.value;
  return now !== null && (now.disabled || now.authenticated);
}

// Events come to whoever may use the page.
function follow(): void {
  if (mayUse()) startSocket();
  else stopSocket();
}

export async function signIn(username: string, password: string): Promise<void> {
  await post("/api/auth/login", { username, password });
  show(await askStatus());
}

export async function setUp(username: string, password: string): Promise<void> {
  await post("/api/auth/setup", { username, password });
  show(await askStatus());
}

export async function signOut(): Promise<void> {
  await post("/api/auth/logout", {});
  show(await askStatus());
}

function show(status: Status): void {
  signedOut.value = false;
  session.value = status;
  follow();
}

async function askStatus(): Promise<Status> {
  const response = await fetch(address("/api/auth/status"), { headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as Status) : OPEN;
}

async function post(path: string, body: unknown): Promise<void> {
  let response: Response;
  try {
    response = await fetch(address(path), {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "UNREACHABLE", "");
  }
  if (!response.ok) throw readError(response, await response.json().catch(() => null));
}
