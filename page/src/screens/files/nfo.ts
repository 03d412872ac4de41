// What an NFO says, for people: its elements with text, one by one.
import { fileAddress } from "../../api/media";

export interface Fact {
  name: string;
  text: string;
}

export async function readNfo(path: string): Promise<{ facts: Fact[]; text: string }> {
  const text = await (await fetch(fileAddress(path))).text();
  const parsed = new DOMParser().parseFromString(text, "text/xml");
  if (parsed.querySelector("parsererror")) return { facts: [], text };
  const facts = [...parsed.documentElement.children].map((element) => ({
    name: element.tagName,
    text: element.textContent?.trim().replace(/\s+/g, " ") ?? "",
  }));
  return { facts: facts.filter((fact) => fact.text), text };
}
