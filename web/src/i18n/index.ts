/**
 * The texts of one entry in one language, with placeholders (`{{name}}`) and plural forms
 * (`key_one`, `key_other`, chosen by `count`); Spanish is the default.
 */
import { useSyncExternalStore } from "react";
import type common from "./es/common.json";
import type console from "./es/console.json";
import type registration from "./es/registration.json";

export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
type Areas = { console: typeof console; registration: typeof registration };
export type Area = keyof Areas;

type PluralForm = "zero" | "one" | "two" | "few" | "many" | "other";
type WithoutForm<Key> = Key extends `${infer Plain}_${PluralForm}` ? Plain : Key;
/** The paths of all texts, such as `problem.network`. */
type Paths<Tree> = {
  [Key in keyof Tree & string]: Tree[Key] extends string
    ? WithoutForm<Key>
    : `${Key}.${Paths<Tree[Key]>}`;
}[keyof Tree & string];
type CommonKey = Paths<typeof common>;
export type TextKey<A extends Area> = CommonKey | Paths<Areas[A]>;

export type Values = Readonly<Record<string, string | number>>;
export type Translate<Key extends string> = (key: Key, values?: Values) => string;

interface Shown<Key extends string> {
  t: Translate<Key>;
  language: Language;
}

export type Texts = { readonly [key: string]: string | Texts };

const STORED_LANGUAGE = "vinculo-language";
const FILES = import.meta.glob<{ default: Texts }>("./*/*.json");
const listeners = new Set<() => void>();

let shown: Shown<string> = { t: (key) => key, language: "es" };

/** The language chosen earlier, else the browser's, else Spanish. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED_LANGUAGE);
  if (isLanguage(stored)) return stored;
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return spoken ?? "es";
}

/** Load the texts of an entry in a language and show them. Throws if they cannot be loaded. */
export async function switchLanguage(language: Language, area: Area): Promise<void> {
  const files = ["common", area].map((name) => FILES[`./${language}/${name}.json`]);
  const texts = await Promise.all(files.map(async (load) => (await load?.())?.default ?? {}));
  shown = { t: translate(language, texts), language };
  localStorage.setItem(STORED_LANGUAGE, language);
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

/** Texts of the given entry and those of both entries; components show them anew on a switch. */
export function useTranslation(): Shown<CommonKey>;
export function useTranslation<A extends Area>(area: A): Shown<TextKey<A>>;
export function useTranslation(): Shown<string> {
  return useSyncExternalStore(subscribe, () => shown);
}

/** The language of requests and formats. */
export function currentLanguage(): Language {
  return shown.language;
}

/** Later texts replace earlier ones of the same key; a missing key is its own text. */
export function translate(language: Language, texts: readonly Texts[]): Translate<string> {
  const plurals = new Intl.PluralRules(language);
  const byKey = new Map(texts.flatMap((tree) => flat(tree)));
  return (key, values = {}) => {
    const { count } = values;
    const form = typeof count === "number" ? `${key}_${plurals.select(count)}` : key;
    const text = byKey.get(form) ?? byKey.get(key) ?? key;
    return text.replace(/\{\{(\w+)\}\}/g, (placeholder, name) =>
      String(values[name] ?? placeholder),
    );
  };
}

/** The texts with their paths, such as `problem.network`. */
export function flat(texts: Texts, prefix = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : flat(value, `${prefix}${key}.`),
  );
}

function isLanguage(value: string | null): value is Language {
  return LANGUAGES.some((language) => language === value);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
