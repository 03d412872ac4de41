// The calls of the four kinds of rules, and what they answer.
import { api, call } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Preset = Schemas["PresetView"];
export type PresetInput = Schemas["PresetInput"];
export type Condition = Schemas["ConditionView"];
export type ConditionInput = Schemas["ConditionInput"];
export type Field = Schemas["DownloadFieldView"];
export type FieldInput = Schemas["DownloadFieldInput"];
export type Target = Schemas["TargetView"];
export type TargetInput = Schemas["TargetInput"];
export type FilterCheck = Schemas["FilterCheck"];
export type Trial = Schemas["TestAnswer"];

export type KindName = "presets" | "conditions" | "fields" | "notifications";

// What is kept of one kind. `feature` as `config_update` names it.
export interface Kind<View extends { id: number; name: string }, Input> {
  name: KindName;
  feature: string;
  list: () => Promise<View[]>;
  // With its secrets in clear, for those who may change it.
  get: (id: number) => Promise<View>;
  make: (body: Input) => Promise<View>;
  change: (id: number, body: Partial<Input>) => Promise<View>;
  remove: (id: number) => Promise<View>;
}

const ALL = { params: { query: { per_page: 1000 } } };
// What one needs to change this kind.
export const WRITES: Record<KindName, string> = {
  presets: "rules:write",
  conditions: "rules:write",
  fields: "rules:write",
  notifications: "notifications:manage",
};

const at = (id: number) => ({ params: { path: { id } } });

export const PRESETS: Kind<Preset, PresetInput> = {
  name: "presets",
  feature: "presets",
  list: async () => (await call(api.GET("/api/presets", ALL))).items,
  get: (id) => call(api.GET("/api/presets/{id}", at(id))),
  make: (body) => call(api.POST("/api/presets", { body })),
  change: (id, body) => call(api.PATCH("/api/presets/{id}", { ...at(id), body })),
  remove: (id) => call(api.DELETE("/api/presets/{id}", at(id))),
};

export const CONDITIONS: Kind<Condition, ConditionInput> = {
  name: "conditions",
  feature: "conditions",
  list: async () => (await call(api.GET("/api/conditions", ALL))).items,
  get: (id) => call(api.GET("/api/conditions/{id}", at(id))),
  make: (body) => call(api.POST("/api/conditions", { body })),
  change: (id, body) => call(api.PATCH("/api/conditions/{id}", { ...at(id), body })),
  remove: (id) => call(api.DELETE("/api/conditions/{id}", at(id))),
};

// A PATCH may leave a condition without an effect; this one is checked like a new one.
export const replaceCondition = (id: number, body: ConditionInput): Promise<Condition> =>
  call(api.PUT("/api/conditions/{id}", { ...at(id), body }));

export const FIELDS: Kind<Field, FieldInput> = {
  name: "fields",
  feature: "dl_fields",
  list: async () => (await call(api.GET("/api/dl_fields", ALL))).items,
  get: (id) => call(api.GET("/api/dl_fields/{id}", at(id))),
  make: (body) => call(api.POST("/api/dl_fields", { body })),
  change: (id, body) => call(api.PATCH("/api/dl_fields/{id}", { ...at(id), body })),
  remove: (id) => call(api.DELETE("/api/dl_fields/{id}", at(id))),
};

export const NOTIFICATIONS: Kind<Target, TargetInput> = {
  name: "notifications",
  feature: "notifications",
  list: async () => (await call(api.GET("/api/notifications", ALL))).items,
  get: (id) => call(api.GET("/api/notifications/{id}", at(id))),
  make: (body) => call(api.POST("/api/notifications", { body })),
  change: (id, body) => call(api.PATCH("/api/notifications/{id}", { ...at(id), body })),
  remove: (id) => call(api.DELETE("/api/notifications/{id}", at(id))),
};

export const checkFilter = (condition: string): Promise<FilterCheck> =>
  call(api.POST("/api/conditions/check", { body: { condition } }));

export const tryFilter = (url: string, condition: string, preset: string): Promise<Trial> =>
  call(api.POST("/api/conditions/test", { body: { url, condition, preset } }));

export const listEvents = async (): Promise<string[]> => (await call(api.GET("/api/notifications/events"))).events;
export const sendTest = (): Promise<unknown> => call(api.POST("/api/notifications/test"));

export async function commandOf(preset: string): Promise<string> {
  const body = { url: "https://example.com/", preset };
  return (await call(api.POST("/api/yt-dlp/command", { body: body as never }))).command;
}
