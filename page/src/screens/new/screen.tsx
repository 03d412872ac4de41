import { t } from "../../i18n";

export default function New() {
  return (
    <header class="screen-head">
      <h1>{t("new.title")}</h1>
    </header>
  );
}
