// A chunk per language, loaded when it is chosen. The build puts the files of its folder together.
type Loaded = Promise<{ default: unknown }>;

export const loaders: Record<string, () => Loaded> = {
  en: () => import("catalogue:en"),
  de: () => import("catalogue:de"),
  es: () => import("catalogue:es"),
  fr: () => import("catalogue:fr"),
  ja: () => import("catalogue:ja"),
  zh: () => import("catalogue:zh"),
  ar: () => import("catalogue:ar"),
};

export const languages = Object.keys(loaders);
