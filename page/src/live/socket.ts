// The events of /ws. A lost connection is tried again, ever more slowly up to half a minute; nothing is replayed by the
// server, so everybody who keeps state loads it anew at `onOpen`.
import { signal } from "@preact/signals";
import { address, api } from "../api/client";
import { socketAddress } from "../base";

export interface LiveEvent {
  event: string;
  title: string | null;
  message: string | null;
  data: Record<string, unknown>;
}

type Listener = (event: LiveEvent) => void;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const POLL_MS = 5000;

// "opening" is the first connection alone: a page that just came up is no page that lost something.
export const connection = signal<"opening" | "open" | "lost">("opening");
export const retryAt = signal(0);

const listeners = new Set<Listener>();
const openers = new Set<() => void>();
let socket: WebSocket | null = null;
let wait = FIRST_WAIT_MS;
let timer = 0;
let poll = 0;
let isStopped = true;
let isAsking = false;

export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Called whenever state must be loaded: at each connection, and from time to time while there is none.
export function onOpen(opener: () => void): () => void {
  openers.add(opener);
  return () => openers.delete(opener);
}

export function startSocket(): void {
  if (!isStopped) return;
  isStopped = false;
  void connect();
}

export function stopSocket(): void {
  isStopped = true;
  clearTimeout(timer);
  clearInterval(poll);
  socket?.close();
  socket = null;
  connection.value = "opening";
  wait = FIRST_WAIT_MS;
}

export function connectNow(): void {
  if (isStopped || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
  clearTimeout(timer);
  void connect();
}

export function send(event: string, data: unknown): boolean {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify({ event, data }));
  return true;
}

// Events of another origin get no cookie: a ticket opens them, once. None is needed where nobody signs in.
async function connect(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  const answer = socketAddress ? await api.POST("/api/auth/ws-ticket").catch(() => null) : null;
  isAsking = false;
  if (!isStopped) open(answer?.data?.ticket);
}

function open(ticket?: string): void {
  const target = new URL(socketAddress || address("/ws"), location.href);
  target.protocol = target.protocol.replace("http", "ws");
  // Of what runs only the numbers come, not the whole item each second.
  target.searchParams.set("progress", "true");
  if (ticket) target.searchParams.set("ticket", ticket);
  const opened = new WebSocket(target);
  socket = opened;
  opened.onmessage = (message) => hear(String(message.data));
  opened.onclose = () => {
    if (socket === opened && !isStopped) lose();
  };
}

function hear(text: string): void {
  const message = JSON.parse(text) as { event: string; data: Partial<LiveEvent> & { truncated?: boolean } };
  if (message.event === "connected") {
    // Only now is the server sure to send us what happens.
    wait = FIRST_WAIT_MS;
    clearInterval(poll);
    connection.value = "open";
    openers.forEach((opener) => opener());
    return;
  }
  const { title = null, message: sentence = null, data = {} } = message.data;
  listeners.forEach((listener) => listener({ event: message.event, title, message: sentence, data }));
  // Too large for a message: the whole is asked for.
  if (message.data.truncated) openers.forEach((opener) => opener());
}

function lose(): void {
  if (connection.value !== "lost") {
    clearInterval(poll);
    poll = setInterval(() => openers.forEach((opener) => opener()), POLL_MS);
  }
  connection.value = "lost";
  const pause = wait * (0.75 + Math.random() / 2);
  retryAt.value = Date.now() + pause;
  timer = setTimeout(() => void connect(), pause);
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

addEventListener("online", connectNow);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connectNow();
});
