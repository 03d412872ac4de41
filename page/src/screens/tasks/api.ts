// Calls about tasks and definitions, and what they answer.
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";

export type Task = components["schemas"]["TaskView"];
export type TaskInput = components["schemas"]["TaskInput"];
export type Definition = components["schemas"]["DefinitionView"];
export type DefinitionInput = components["schemas"]["DefinitionInput"];
export type ChannelFiles = components["schemas"]["ChannelFiles"];
export type Timer = components["schemas"]["Timer"];

// An entry of an inspection.
export interface Entry {
  url: string;
  title?: string;
  archive_id?: string | null;
  is_archived?: boolean;
  thumbnail?: string;
  metadata?: Record<string, unknown>;
}

const ALL = { per_page: 1000 };
const at = (id: number) => ({ params: { path: { id } } });

export const listTasks = async (): Promise<Task[]> => (await call(api.GET("/api/tasks", { params: { query: ALL } }))).items;
export const getTask = (id: number): Promise<Task> => call(api.GET("/api/tasks/{id}", at(id)));
export const removeTask = (id: number): Promise<Task> => call(api.DELETE("/api/tasks/{id}", at(id)));
export const changeTask = (id: number, changes: Partial<TaskInput>): Promise<Task> =>
  call(api.PATCH("/api/tasks/{id}", { ...at(id), body: changes }));

export async function makeTasks(bodies: (TaskInput | { url: string })[]): Promise<Task[]> {
  const answer = await call(api.POST("/api/tasks", { body: bodies as TaskInput[] }));
  return Array.isArray(answer) ? answer : [answer];
}

export const markTask = (id: number): Promise<{ message: string }> => call(api.POST("/api/tasks/{id}/mark", at(id)));
export const unmarkTask = (id: number): Promise<{ message: string }> => call(api.DELETE("/api/tasks/{id}/mark", at(id)));
export const writeMetadata = (id: number): Promise<ChannelFiles> => call(api.POST("/api/tasks/{id}/metadata", at(id)));

export async function inspectTask(task: Task): Promise<Entry[]> {
  const answer = await call(api.POST("/api/tasks/inspect", { body: { url: task.url, preset: task.preset ?? "" } }));
  return answer.items as unknown as Entry[];
}

// A task's URL, or an entry of its source, as an item of its own.
export async function download(task: Task, url = task.url): Promise<void> {
  const { id, name, preset = "", folder = "", template = "", cli = "", auto_start = true } = task;
  const extras = { source_name: name, source_id: id, source_handler: "Web" };
  await call(api.POST("/api/history", { body: { url, preset, folder, template, cli, auto_start, extras } as never }));
}

export const previewTimer = (timer: string): Promise<Timer> =>
  call(api.GET("/api/tasks/timer", { params: { query: { timer } } }));

export async function listDefinitions(): Promise<Definition[]> {
  const answer = await call(api.GET("/api/tasks/definitions", { params: { query: ALL } }));
  return answer.items as unknown as Definition[];
}

export const getDefinition = (id: number): Promise<Definition> => call(api.GET("/api/tasks/definitions/{id}", at(id)));
export const removeDefinition = (id: number): Promise<Definition> => call(api.DELETE("/api/tasks/definitions/{id}", at(id)));
export const changeDefinition = (id: number, changes: Partial<DefinitionInput>): Promise<Definition> =>
  call(api.PATCH("/api/tasks/definitions/{id}", { ...at(id), body: changes }));
export const makeDefinition = (body: DefinitionInput): Promise<unknown> =>
  call(api.POST("/api/tasks/definitions", { body }) as never);
