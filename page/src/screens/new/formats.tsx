// Formats: first as heights, which need no explanation, then all that the site has.
import { number, size, t } from "../../i18n";
import { edit } from "./draft";

export interface Format {
  format_id?: string;
  ext?: string;
  height?: number | null;
  width?: number | null;
  fps?: number | null;
  vcodec?: string | null;
  acodec?: string | null;
  tbr?: number | null;
  filesize?: number | null;
  filesize_approx?: number | null;
  format_note?: string | null;
}

const SOUND = "ba/b";
const HEIGHTS = [4320, 2160, 1440, 1080, 720, 480, 360, 240, 144];

interface Choice {
  value: string;
  text: string;
  detail: string;
}

export function Formats({ formats, chosen, duration }: { formats: readonly Format[]; chosen: string; duration: number | null }) {
  const simple = [...heights(formats), ...(formats.some(hasSound) ? [{ value: SOUND, text: t("new.soundAlone"), detail: "" }] : [])];
  const all = [...formats].reverse().flatMap((format) => exact(format, duration) ?? []);
  return (
    <fieldset class="new-formats">
      <legend>{t("new.quality")}</legend>
      <Radios choices={[{ value: "", text: t("new.asPreset"), detail: "" }, ...simple]} chosen={chosen} />
      {all.length > 0 && (
        <details open={all.some(({ value }) => value === chosen)}>
          <summary>{t("new.allFormats", { n: all.length })}</summary>
          <Radios choices={all} chosen={chosen} />
        </details>
      )}
    </fieldset>
  );
}

function Radios({ choices, chosen }: { choices: readonly Choice[]; chosen: string }) {
  return (
    <div class="new-radios">
      {choices.map(({ value, text, detail }) => (
        <label key={value} class="check">
          <input type="radio" name="format" checked={value === chosen} onChange={() => edit({ format: value })} />
          <span>{text}</span>
          {detail && <span class="soft small">{detail}</span>}
        </label>
      ))}
    </div>
  );
}

const hasPicture = (format: Format) => Boolean(format.height) && format.vcodec !== "none";
const hasSound = (format: Format) => Boolean(format.acodec) && format.acodec !== "none";

// A choice for each usual height that some format reaches.
function heights(formats: readonly Format[]): Choice[] {
  const there = new Set(formats.filter(hasPicture).map((format) => Math.min(format.height ?? 0, format.width ?? Infinity)));
  return HEIGHTS.filter((height) => there.has(height)).map((height) => ({
    value: `bv*[height<=${height}]+ba/b[height<=${height}]/b`,
    text: t("new.upTo", { height: `${height}p` }),
    detail: "",
  }));
}

// One format; a picture without sound is joined with the best sound.
function exact(format: Format, duration: number | null): Choice | null {
  const id = format.format_id;
  if (!id || format.ext === "mhtml" || !/^[\w.-]+$/.test(id)) return null;
  const isSilent = hasPicture(format) && !hasSound(format);
  const bytes = format.filesize ?? format.filesize_approx ?? (format.tbr && duration ? (format.tbr * duration * 1000) / 8 : null);
  const codecs = [format.vcodec, format.acodec].filter((codec) => codec && codec !== "none").map((codec) => codec?.split(".")[0]);
  return {
    value: isSilent ? `${id}+ba/${id}` : id,
    text: [hasPicture(format) ? `${format.height}p${format.fps && format.fps > 30 ? number(Math.round(format.fps)) : ""}` : t("new.sound"), format.ext].join(" · "),
    detail: [codecs.join(" + "), bytes ? size(bytes) : null, format.format_note].filter(Boolean).join(" · "),
  };
}
