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

// The same without what we have no use for; its package describes the whole alone.
declare module "hls.js/light" {
  export { default } from "hls.js";
}
