/** The words of the interface in the chosen language: loading, switching, remembering. */
import { type Messages, setupI18n } from '@lingui/core';
import type english from '../../locales/en.json';
import { recall, remember } from '../remember.ts';
import { type Language, type LanguageTag, nearestLanguage } from './languages.ts';

export type MessageId = keyof typeof english;
export type Values = Readonly<Record<string, string | number | Date>>;
/** The sentence of an id with its values filled in. */
export type Translate = (id: MessageId, values?: Values) => string;

export type LoadCatalog = (tag: LanguageTag) => Promise<unknown>;

export interface Texts {
  /** Changes identity with the language, so that it can be compared. */
  current(): { language: Language; t: Translate };
  setLanguage(tag: LanguageTag): Promise<void>;
  /** Adds messages that were left out at first; a catalog already there is not fetched again. */
  extend(more: LoadCatalog): Promise<void>;
  subscribe(listener: () => void): () => void;
}

const KEY = 'language';

/**
 * Loads the person's language and keeps `<html lang dir>` in step with it.
 * @param preferred tags to try after the remembered choice, best first
 */
export async function openTexts(loadCatalog: LoadCatalog, preferred: readonly string[]): Promise<Texts> {
  const i18n = setupI18n();
  const listeners = new Set<() => void>();
  const loaders = [loadCatalog];
  const extended = new Map<LoadCatalog, Promise<void>>();
  let current: ReturnType<Texts['current']>;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: what is shown last holds all that was asked for before. */
  function show(choose: () => Language): Promise<void> {
    const shown = last.then(() => load(choose()));
    last = shown.catch(() => undefined);
    return shown;
  }

  async function load(language: Language): Promise<void> {
    const catalogs = await Promise.all(loaders.map((load) => load(language.tag)));
    // The build compiled the catalogs, so their shape is known to be right.
    const messages = Object.assign({}, ...catalogs) as Messages;
    i18n.loadAndActivate({ locale: language.intl, messages });
    document.documentElement.lang = language.tag;
    document.documentElement.dir = language.direction;
    current = { language, t: (id, values) => i18n._(id, values) };
    for (const listener of listeners) listener();
  }

  const stored = recall(KEY);
  await show(() => nearestLanguage([...(stored ? [stored] : []), ...preferred]));
  return {
    current: () => current,
    async setLanguage(tag) {
      remember(KEY, tag);
      await show(() => nearestLanguage([tag]));
    },
    extend(more) {
      const known = extended.get(more);
      if (known) return known;
      loaders.push(more);
      const shown = show(() => current.language).catch((error: unknown) => {
        // What could not be fetched now must not stand in the way of other words, and may be asked for again.
        loaders.splice(loaders.indexOf(more), 1);
        extended.delete(more);
        throw error;
      });
      extended.set(more, shown);
      return shown;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Marks an id that is handed on as a value, so that the build knows it is used. */
export function messageId<const Id extends MessageId>(id: Id): Id {
  return id;
}
