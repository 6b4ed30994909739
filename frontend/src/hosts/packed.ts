/** Page code and pictures on their way: deflated by the kernel or in an exported file, opened here. */

/** What a reader whose browser cannot run the widget is told. */
export const TOO_OLD =
  "This browser is too old to bring the widget to life. " +
  "It takes Chrome or Edge 111, Firefox 113, Safari 16.4, or anything newer.";

/** What zlib deflated into `bytes`, to be read as text or as bytes. */
export function inflate(bytes: BlobPart): Response {
  if (typeof DecompressionStream === "undefined") throw new Error(TOO_OLD);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}

/** The same for bytes that are written in an HTML file. */
export function inflateBase64(text: string): Response {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return inflate(bytes);
}
