// The picture of something to watch or hear; a drawing where there is none.
import { useEffect, useState } from "preact/hooks";
import { clock } from "../i18n";
import { Icon, type IconName } from "./icon";

export function Picture({ src, icon = "film", duration }: { src: string | null; icon?: IconName; duration?: number | null }) {
  const [isBroken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [src]);
  return (
    <span class="picture">
      {src && !isBroken ? (
        <img src={src} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      ) : (
        <Icon name={icon} size={28} />
      )}
      {duration ? <span class="picture-time">{clock(duration)}</span> : null}
    </span>
  );
}
