// The index of one knowledge base: which passage is where, and its words and sentence vectors. It holds no text.

import { splitSentences } from '../sentences.ts';
import { Bm25 } from './bm25.ts';
import { toBytes, toUint32 } from './bytes.ts';
import { type Candidate, fuse } from './fuse.ts';
import { DIGEST_BYTES, documentDigest, type Passage, passageDigest } from './passage-digest.ts';
import { frame, SnapshotError, unframe } from './snapshot.ts';
import { type VectorSettings, Vectors } from './vectors.ts';

/** So many of the best by words and of the best by meaning are compared, however few are asked for. */
const CANDIDATES = 100;
const WORD_PARTS = 4;
const PLACE_FIELDS = 4;
const MAX_CANDIDATES = 1000;

export type Question = {
  text: string;
  /** The question's vector, of the model that made the sentence vectors; any length but not empty of direction. */
  vector?: Float32Array;
  limit: number;
  /** Which part of a hit orders them; its `score` unless told. */
  rankBy?: RankBy;
  /** Only passages of these documents. */
  documents?: Iterable<string>;
};

export type RankBy = 'score' | 'words' | 'meaning';

export type Hit = {
  document: string;
  ordinal: number;
  /** 0 to 1; comparable between questions. */
  score: number;
  /** The share of the question's words, by weight, that the passage holds: 0 to 1. */
  words: number;
  /** The cosine of its best sentence, 0 to 1; 0 while it has no vectors. */
  meaning: number;
};

type Place = { document: string; ordinal: number; sentences: number; digest: Uint8Array };

export class KnowledgeIndex {
  #words = new Bm25();
  #vectors: Vectors | undefined;
  #dimensions: number;
  readonly #settings: Partial<VectorSettings>;
  /** By slot. */
  readonly #places: (Place | undefined)[] = [];
  /** Slots by document and ordinal. */
  readonly #documents = new Map<string, Map<number, number>>();

  /** `dimensions` is what vectors must have; 0 takes it from the first that come. */
  constructor(dimensions = 0, settings: Partial<VectorSettings> = {}) {
    this.#dimensions = dimensions;
    this.#settings = settings;
  }

  get passages(): number {
    return this.#words.passages;
  }

  get passagesWithVectors(): number {
    return this.#vectors?.slots ?? 0;
  }

  /** An estimate of the memory that this index takes. */
  get bytes(): number {
    return this.#words.bytes + (this.#vectors?.bytes ?? 0) + this.#places.length * 128;
  }

  /** Adds passages of a document. One that is there under its ordinal is replaced, with its vectors, unless it says the same. */
  add(document: string, passages: readonly Passage[]): void {
    const slots = this.#documents.get(document) ?? new Map<number, number>();
    this.#documents.set(document, slots);
    for (const passage of passages) {
      const digest = passageDigest(passage);
      const known = slots.get(passage.ordinal);
      if (known !== undefined && isEqual(this.#places[known]?.digest, digest)) continue;
      if (known !== undefined) this.#removeSlot(known);
      const slot = this.#words.add(passage);
      slots.set(passage.ordinal, slot);
      this.#places[slot] = { document, ordinal: passage.ordinal, sentences: splitSentences(passage.text).length, digest };
    }
  }

  /**
   * Sets the vectors of a passage, one after the other, one for each of its sentences (`splitSentences`). False, and nothing changes, if the
   * passage is no longer there or the vectors are not as many as its sentences, or of other dimensions: it then waits for vectors still.
   */
  addVectors(document: string, ordinal: number, vectors: Int8Array): boolean {
    const slot = this.#documents.get(document)?.get(ordinal);
    const sentences = slot === undefined ? 0 : (this.#places[slot]?.sentences ?? 0);
    const dimensions = this.#dimensions || vectors.length / sentences;
    if (slot === undefined || sentences === 0 || vectors.length !== sentences * dimensions || !Number.isInteger(dimensions)) return false;
    this.#vectors ??= new Vectors(dimensions, this.#settings);
    this.#dimensions = dimensions;
    this.#vectors.set(slot, vectors);
    return true;
  }

  /** How many passages of the document have vectors. */
  embeddedPassages(document: string): number {
    const slots = [...(this.#documents.get(document)?.values() ?? [])];
    return slots.filter((slot) => this.#vectors?.has(slot)).length;
  }

  /** No search and no snapshot holds the document from now on; its words leave memory with the next sweep. False if it was not there. */
  remove(document: string): boolean {
    const slots = this.#documents.get(document);
    for (const slot of slots?.values() ?? []) this.#removeSlot(slot);
    return this.#documents.delete(document);
  }

  /** The best passages, best first. Throws a RangeError if the vector does not fit those of the passages. */
  search({ text, vector, limit, rankBy = 'score', documents }: Question): Hit[] {
    const wanted = Math.min(Math.max(0, Math.floor(limit)), MAX_CANDIDATES);
    const candidates = Math.max(CANDIDATES, wanted);
    const among = documents && this.#slotsOf(documents);
    const ranked = this.#words.rank(text, candidates, (slot) => !among || among.has(slot));
    const asked = vector && this.#vectors?.ask(vector);
    const slots = new Set([...ranked.best, ...(asked?.best(candidates, among) ?? [])]);
    const toCandidate = (slot: number): Candidate => {
      const words = ranked.ideal === 0 ? 0 : (ranked.scores[slot] ?? 0) / ranked.ideal;
      const scores = asked?.scores(slot) ?? [];
      return scores.length > 0 ? { id: slot, words, meaning: Math.max(...scores) } : { id: slot, words };
    };
    const fused = fuse(Array.from(slots, toCandidate));
    // The candidates are the best by each part, so they hold the beginning of either order of its own.
    const ordered =
      rankBy === 'score' ? fused : fused.filter((hit) => (hit[rankBy] ?? 0) > 0).sort((a, b) => (b[rankBy] ?? 0) - (a[rankBy] ?? 0));
    return ordered.slice(0, wanted).flatMap(({ id, score, words, meaning = 0 }) => {
      const place = this.#places[id];
      return place ? [{ document: place.document, ordinal: place.ordinal, score, words, meaning: Math.max(0, meaning) }] : [];
    });
  }

  /** The cosine of each sentence of a passage with the question, in order; empty while it has no vectors. */
  sentenceScores(document: string, ordinal: number, question: Float32Array): number[] {
    const slot = this.#documents.get(document)?.get(ordinal);
    return slot === undefined ? [] : (this.#vectors?.ask(question).scores(slot) ?? []);
  }

  /** The sentence vectors of a passage, as they were added. */
  vectors(document: string, ordinal: number): Int8Array | undefined {
    const slot = this.#documents.get(document)?.get(ordinal);
    return slot !== undefined && this.#vectors?.has(slot) ? this.#vectors.get(slot) : undefined;
  }

  /** What each document of this index says; compare with `digestOf` to tell which are missing or out of date. */
  digests(): Map<string, string> {
    return new Map(Array.from(this.#documents, ([document, slots]) => [document, documentDigest(this.#digestsOf(slots))]));
  }

  static digestOf(passages: readonly Passage[]): string {
    return documentDigest(new Map(passages.map((passage) => [passage.ordinal, passageDigest(passage)])));
  }

  /** The whole index, to be stored in this order and cut at will. It holds words: the caller encrypts it. */
  toSnapshot(): Uint8Array[] {
    const documents = [...this.#documents.keys()];
    const numbers = new Map(documents.map((document, number) => [document, number]));
    const table: number[] = [];
    const digests: Uint8Array[] = [];
    for (const [slot, place] of this.#places.entries()) {
      if (!place) continue;
      table.push(slot, numbers.get(place.document) ?? 0, place.ordinal, place.sentences);
      digests.push(place.digest);
    }
    return frame([
      new TextEncoder().encode(JSON.stringify(documents)),
      toBytes(Uint32Array.from(table)),
      new Uint8Array(Buffer.concat(digests)),
      ...this.#words.toParts(),
      ...(this.#vectors?.toParts() ?? []),
    ]);
  }

  /**
   * The index of a snapshot, from its bytes however they are cut. Throws a SnapshotError if anything is damaged, missing, of another version
   * or of other dimensions than given: nothing of it is used then.
   */
  static fromSnapshot(pieces: readonly Uint8Array[], dimensions = 0, settings: Partial<VectorSettings> = {}): KnowledgeIndex {
    const [documents, table, digests, ...rest] = unframe(pieces);
    const index = new KnowledgeIndex(dimensions, settings);
    try {
      if (!documents || !table || !digests) throw new RangeError('The table of documents is missing');
      index.#restorePlaces(JSON.parse(new TextDecoder().decode(documents)), toUint32(table), digests);
      index.#words = Bm25.fromParts(rest.slice(0, WORD_PARTS));
      if (rest.length > WORD_PARTS) index.#restoreVectors(Vectors.fromParts(rest.slice(WORD_PARTS), settings));
    } catch (cause) {
      throw new SnapshotError('its parts contradict each other', { cause });
    }
    return index;
  }

  #restoreVectors(vectors: Vectors): void {
    if (this.#dimensions && this.#dimensions !== vectors.dimensions) throw new RangeError('The vectors are of another model');
    this.#dimensions = vectors.dimensions;
    this.#vectors = vectors;
  }

  #restorePlaces(documents: string[], table: Uint32Array, digests: Uint8Array): void {
    for (const document of documents) this.#documents.set(document, new Map());
    for (let at = 0; at < table.length; at += PLACE_FIELDS) {
      const [slot = 0, number = 0, ordinal = 0, sentences = 0] = table.subarray(at, at + PLACE_FIELDS);
      const document = documents[number] ?? '';
      const slots = this.#documents.get(document);
      if (!slots) throw new RangeError('A passage belongs to no document');
      slots.set(ordinal, slot);
      const digestAt = (at / PLACE_FIELDS) * DIGEST_BYTES;
      this.#places[slot] = { document, ordinal, sentences, digest: digests.slice(digestAt, digestAt + DIGEST_BYTES) };
    }
  }

  *#digestsOf(slots: ReadonlyMap<number, number>): Iterable<readonly [number, Uint8Array]> {
    for (const [ordinal, slot] of slots) {
      const place = this.#places[slot];
      if (place) yield [ordinal, place.digest];
    }
  }

  #slotsOf(documents: Iterable<string>): Set<number> {
    return new Set(Array.from(documents).flatMap((document) => [...(this.#documents.get(document)?.values() ?? [])]));
  }

  #removeSlot(slot: number): void {
    this.#words.remove(slot);
    this.#vectors?.remove(slot);
    this.#places[slot] = undefined;
  }
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, at) => byte === b[at]);
}
