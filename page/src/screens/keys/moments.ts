// Moments of the API's accounts: "2026-01-31 08:00:00", in UTC.
import { ago, dateTime } from "../../i18n";

export function moment(text: string): Date {
  return new Date(`${text.replace(" ", "T")}Z`);
}

export function formatMoment(text: string): string {
  return dateTime(moment(text));
}

export function sinceThen(text: string): string {
  return ago(moment(text));
}
