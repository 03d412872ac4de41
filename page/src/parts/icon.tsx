// Line drawings on a grid of 24; a new one is a line here.
const PATHS = {
  download: "M12 4v11m-5-5 5 5 5-5M5 20h14",
  plus: "M12 5v14M5 12h14",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  rules: "M4 6h10M18 6h2M4 12h4M12 12h8M4 18h8M16 18h4M16 4v4M10 10v4M14 16v4",
  key: "M14 10a4 4 0 1 1-8 0 4 4 0 0 1 8 0zm-1 3 7 7m-3-3-2 2",
  log: "M6 4h12v16H6zM9 8h6M9 12h6M9 16h4",
  terminal: "M4 5h16v14H4zM7 9l3 3-3 3M12 15h5",
  settings: "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM4 12h2m12 0h2M12 4v2m0 12v2M6.3 6.3l1.4 1.4m8.6 8.6 1.4 1.4M6.3 17.7l1.4-1.4m8.6-8.6 1.4-1.4",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5M12 8v.01",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm5 12 5 5",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 13l4 4L19 7",
  more: "M12 5v.01M12 12v.01M12 19v.01",
  retry: "M4 12a8 8 0 1 1 2.5 5.8M4 20v-5h5",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  stop: "M6 6h12v12H6z",
  trash: "M4 7h16M9 7V4h6v3m-8 0 1 13h8l1-13M10 11v5m4-5v5",
  archive: "M4 4h16v5H4zM6 9v11h12V9M10 13h4",
  unarchive: "M4 4h16v5H4zM6 9v11h12V9M12 18v-6m-3 3 3-3 3 3",
  zip: "M6 3h8l4 4v14H6zM12 3v2m0 2v2m0 2v2m-1 2h2v3h-2z",
  warning: "M12 4 2.5 20h19zM12 10v5M12 17.5v.01",
  error: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v6M12 16v.01",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  sort: "M7 5v14m-3-3 3 3 3-3M13 7h7M13 12h5M13 17h3",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 10h4M4 14h4M16 10h4M16 14h4",
  music: "M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm0 0V5l11-2v13m0 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0z",
  list: "M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zm10-3a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  user: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c1-4 4-6 8-6s7 2 8 6",
  signout: "M14 4H5v16h9M10 12h11m-4-4 4 4-4 4",
  bell: "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
  globe: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3z",
  moon: "M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5m11 11L19 19M5 19l1.5-1.5m11-11L19 5",
  system: "M3 5h18v11H3zM8 20h8M12 16v4",
  chevron: "M9 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  upload: "M12 16V5m-5 5 5-5 5 5M5 20h14",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  forward: "M5 6l7 6-7 6zM13 6l7 6-7 6z",
  top: "M5 4h14M12 20V9m-5 5 5-5 5 5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" data-icon={name}>
      <path d={PATHS[name]} />
    </svg>
  );
}
