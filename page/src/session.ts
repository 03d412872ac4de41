// Who is signed in, and what that one may do. Without accounts and without a password everybody may do everything.
import { effect, signal } from "@preact/signals";
import { address } from "./api/client";
import { base } from "./base";
import { ApiError, readError, signedOut } from "./api/errors";
import { onOpen, startSocket, stopSocket } from "./live/socket";

export interface Account {
  id: number;
  username: string;
  role: "admin" | "member" | "guest";
}

interface Status {
  // Nobody needs to sign in.
  disabled: boolean;
  // There is no account yet; the first one is made here.
  setup_required: boolean;
  // The first account could be made, though nobody needs one.
  setup_possible: boolean;
  authenticated: boolean;
  user: Account | null;
  // Where users sign in with an account that they have elsewhere.
  oidc: { label: string; url: string } | null;
}

export const session = signal<Status | null>(null);
// Permissions of docs/contract/accounts.md 2, and what an API key may hold; null: all of them.
const permissions = signal<ReadonlySet<string> | null>(null);
export const scopes = signal<readonly string[] | null>(null);
// Whose data is in memory.
let lastUser: number | null = null;

const OPEN: Status = {
  disabled: true,
  setup_required: false,
  setup_possible: false,
  authenticated: false,
  user: null,
  oidc: null,
};

export async function startSession(): Promise<void> {
  const status = await askStatus().catch(() => OPEN);
  if (status === OPEN) askOnceConnected();
  await askPermissions(status);
  lastUser = status.user?.id ?? null;
  session.value = status;
  effect(() => {
    const before = session.peek();
    if (!signedOut.value || !before) return;
    // Where nobody had to sign in, somebody has made the first account by now.
    if (before.disabled) void refresh().catch(() => undefined);
    else show({ ...before, authenticated: false, user: null });
  });
  follow();
}

// Opened without a connection, nobody knows who is signed in.
function askOnceConnected(): void {
  const stop = onOpen(() => void refresh().then(stop, () => undefined));
}

export function mayUse(): boolean {
  const now = session.value;
  return now !== null && (now.disabled || now.authenticated);
}

// What a user may not do is not offered: `may("logs:read")`.
export function may(permission: string): boolean {
  return permissions.value === null || permissions.value.has(permission);
}

// Events come to whoever may use the page.
function follow(): void {
  if (mayUse()) startSocket();
  else stopSocket();
}

export async function signIn(username: string, password: string): Promise<void> {
  await post("/api/auth/login", { username, password });
  const before = lastUser;
  await refresh();
  // What another account saw is no longer to be seen.
  if (before !== null && before !== lastUser) location.reload();
}

export async function setUp(username: string, password: string): Promise<void> {
  await post("/api/auth/setup", { username, password });
  await refresh();
}

// Begins anew: nothing of what the account saw stays in memory.
export async function signOut(): Promise<void> {
  await post("/api/auth/logout", {});
  location.assign(`${base}/`);
}

// Asks again who is signed in, after something about the account has changed.
export async function refresh(): Promise<void> {
  const status = await askStatus();
  await askPermissions(status);
  show(status);
}

function show(status: Status): void {
  signedOut.value = false;
  lastUser = status.user?.id ?? lastUser;
  session.value = status;
  follow();
}

async function askStatus(): Promise<Status> {
  const response = await fetch(address("/api/auth/status"), { headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as Status) : OPEN;
}

// Without a login, and without a way to the first account: everybody may do everything (accounts.md 3).
export function isSwitchedOff(status: Status): boolean {
  return status.disabled && !status.setup_possible;
}

async function askPermissions(status: Status): Promise<void> {
  if (!status.authenticated || isSwitchedOff(status)) return;
  const response = await fetch(address("/api/auth/me"), { headers: { Accept: "application/json" } }).catch(() => null);
  const me = response?.ok ? ((await response.json()) as { permissions: string[]; scopes: string[] }) : null;
  permissions.value = me && new Set(me.permissions);
  scopes.value = me && me.scopes;
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
