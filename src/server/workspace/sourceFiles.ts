/**
 * Go files as they are now: open buffers over the disk.
 *
 * A file that did not change stays the same {@link LoadedFile} object, which is how everything later tells what
 * has to be done again. Which files belong to a package is `packageFiles.ts`.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { FileSource } from "../core/core.ts";
import { goVersionOf } from "./buildConstraints.ts";
import { type FileHead, readFileHead } from "./fileHead.ts";
import { folderOf, nameOf, pathKey } from "./paths.ts";
import type { SyntaxCache } from "./syntaxCache.ts";

/** One version of one file, with its head read. */
export interface LoadedFile extends FileSource {
  readonly name: string;
  readonly head: FileHead;
}

/** The files of the workspace and of what it imports. */
export class SourceFiles {
  readonly #buffers = new Map<string, LoadedFile>();
  readonly #disk = new Map<string, LoadedFile>();
  readonly #cache: SyntaxCache | null;
  #edits = 0;

  /** `cache` has what parsing found in files before. */
  constructor(cache: SyntaxCache | null) {
    this.#cache = cache;
  }

  /** Puts a buffer over the file on disk. The text has no byte-order mark. */
  setBuffer(path: string, text: string): LoadedFile {
    this.#edits++;
    const kept = withoutMark(text);
    const head = readFileHead(kept);
    const file: LoadedFile = {
      path,
      name: nameOf(path),
      version: `buffer ${this.#edits}`,
      isOpen: true,
      head,
      goVersion: goVersionOf(head),
      text: () => kept,
      packed: () => this.#cache?.reader(path, kept) ?? null,
    };
    this.#buffers.set(pathKey(path), file);
    return file;
  }

  /** Takes the buffer away, so that the disk counts again. */
  closeBuffer(path: string): void {
    this.#buffers.delete(pathKey(path));
  }

  /** The file as it is now; null where there is neither a buffer nor a readable file. */
  load(path: string): LoadedFile | null {
    const key = pathKey(path);
    const buffer = this.#buffers.get(key);
    if (buffer !== undefined) {
      return buffer;
    }
    const version = versionOnDisk(path);
    if (version === null) {
      this.#disk.delete(key);
      return null;
    }
    const known = this.#disk.get(key);
    if (known?.version === version) {
      return known;
    }
    const file = new DiskFile(path, version, this.#cache);
    this.#disk.set(key, file);
    return file;
  }

  /**
   * The Go files of a folder whose names are wanted (all by default), buffers of files that do not exist yet
   * included, sorted by name. Heads are read when they are asked for.
   */
  inFolder(dir: string, isWanted: (name: string) => boolean = () => true): LoadedFile[] {
    const names = new Set(goFileNames(dir));
    for (const buffer of this.#buffers.values()) {
      if (pathKey(folderOf(buffer.path)) === pathKey(dir) && buffer.name.endsWith(".go")) {
        names.add(buffer.name);
      }
    }
    return [...names]
      .filter(isWanted)
      .sort()
      .map((name) => this.load(`${dir}/${name}`))
      .filter((file) => file !== null);
  }
}

/** A class so that the file is read once for its head and its text together, and only when one is asked for. */
class DiskFile implements LoadedFile {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly #cache: SyntaxCache | null;
  #head: FileHead | null = null;
  /** Read for the head, kept until the text is asked for. */
  #text: string | null = null;
  #wasRead = false;

  constructor(path: string, version: string, cache: SyntaxCache | null) {
    this.path = path;
    this.name = nameOf(path);
    this.version = version;
    this.#cache = cache;
  }

  get head(): FileHead {
    if (this.#head === null) {
      this.#text = withoutMark(readText(this.path));
      this.#head = readFileHead(this.#text);
    }
    return this.#head;
  }

  get goVersion(): string {
    return goVersionOf(this.head);
  }

  text(): string {
    // Read again, it is to be what it was: a change is told as another version.
    if (this.#wasRead && versionOnDisk(this.path) !== this.version) return "";
    const text = this.#text ?? withoutMark(readText(this.path));
    this.#text = null;
    this.#wasRead = true;
    return text;
  }

  packed(text: string): (() => Uint8Array | null) | null {
    return this.#cache?.reader(this.path, text) ?? null;
  }
}

/**
 * What changes whenever the file is written to. Null where it was deleted meanwhile, is a broken link, or is not ours to
 * read: as if it were not there, as for the go command.
 */
function versionOnDisk(path: string): string | null {
  try {
    const stat = statSync(path);
    return `disk ${stat.mtimeMs} ${stat.size}`;
  } catch {
    return null;
  }
}

/** The text of a file; "" where it went away after its folder was listed, which a watcher will tell of. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function goFileNames(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.name.endsWith(".go") && !entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** Positions are counted without the mark, as editors show the text. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
