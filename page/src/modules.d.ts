// Modules that the build makes (build.mjs).
declare module "catalogue:*" {
  const texts: unknown;
  export default texts;
}

declare module "screens:all" {
  import type { Screen } from "./screens/screen";
  const screens: Screen[];
  export default screens;
}

declare module "styles:all";
