/** Turns `file:` URIs into paths with `/` and back, as editors spell them; other schemes have no path. */

/** The path of a `file:` URI, or null for any other. Drive letters stay as they are, without a slash before. */
export function uriToPath(uri: string): string | null {
  const match = /^file:\/\/([^/?#]*)([^?#]*)/i.exec(uri);
  if (match === null) {
    return null;
  }
  const path = decodeURIComponent(match[2] ?? "");
  const host = match[1] ?? "";
  if (host !== "" && host.toLowerCase() !== "localhost") {
    return `//${host}${path}`;
  }
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

/** The `file:` URI of a path, encoded as VS Code encodes it (`:` too). */
export function pathToUri(path: string): string {
  const encoded = path.split("/").map(encodeSegment).join("/");
  if (encoded.startsWith("//")) {
    return `file:${encoded}`;
  }
  return encoded.startsWith("/") ? `file://${encoded}` : `file:///${encoded}`;
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
