// What a key may do: a line per kind of thing, with what may be done to it.
import { t } from "../../i18n";
import { scopes as allScopes } from "../../session";

// What programs are mostly made for comes first; others follow as they are told.
const FIRST = ["items", "files", "tasks", "rules", "ytdlp", "key_api"];

interface Group {
  noun: string;
  scopes: string[];
}

// "items:read" is the verb "read" of "items"; those of the key API are words of their own: "get_video".
function groups(): Group[] {
  const rows = new Map<string, string[]>();
  for (const scope of allScopes.value ?? []) {
    const noun = scope.includes("_") ? "key_api" : (scope.split(":")[0] ?? scope);
    rows.set(noun, [...(rows.get(noun) ?? []), scope]);
  }
  const all = [...rows].map(([noun, scopes]) => ({ noun, scopes }));
  return all.sort((one, other) => placeOf(one.noun) - placeOf(other.noun));
}

function placeOf(noun: string): number {
  const place = FIRST.indexOf(noun);
  return place < 0 ? FIRST.length : place;
}

function verbOf(scope: string): string {
  const verb = scope.split(":")[1];
  return verb ? t(`keys.verb_${verb}`) : scope.includes("_") ? scope : t("keys.verb_manage");
}

export function Scopes({ chosen, onChoose }: { chosen: ReadonlySet<string>; onChoose: (chosen: Set<string>) => void }) {
  const toggle = (scope: string, isOn: boolean) => {
    const next = new Set(chosen);
    if (isOn) next.add(scope);
    else next.delete(scope);
    onChoose(next);
  };
  return (
    <div class="keys-scopes">
      {groups().map(({ noun, scopes }) => (
        <fieldset key={noun}>
          <legend>{t(`keys.noun_${noun}`)}</legend>
          <div class="keys-verbs">
            {scopes.map((scope) => (
              <label key={scope} class="check" title={scope}>
                <input
                  type="checkbox"
                  name={scope}
                  checked={chosen.has(scope)}
                  onChange={(event) => toggle(scope, event.currentTarget.checked)}
                />
                <span>{verbOf(scope)}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}
