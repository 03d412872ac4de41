// The way from the root to the folder; something can be dropped on each part of it.
import { pathOf } from "../../api/client";
import { t } from "../../i18n";
import { Icon } from "../../parts/icon";
import { href } from "../../router";
import { dropOf, over } from "./drag";
import type { Folder } from "./folder";

export function Crumbs({ folder }: { folder: Folder }) {
  const names = folder.view.path.split("/").filter(Boolean);
  const places = [{ name: t("files.title"), path: "" }, ...names.map((name, index) => ({ name, path: names.slice(0, index + 1).join("/") }))];
  return (
    <nav class="files-crumbs" aria-label={t("files.way")}>
      <ol>
        {places.map(({ name, path }, index) => (
          <li key={path}>
            {index > 0 && <Icon name="chevron" size={16} />}
            <a
              href={href(path ? `/browser/${pathOf(path)}` : "/browser")}
              class={over.value === path ? "target" : undefined}
              aria-current={path === folder.view.path ? "page" : undefined}
              draggable={false}
              {...dropOf(folder, path)}
            >
              {index === 0 && <Icon name="folder" size={18} />}
              <bdi>{name}</bdi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
