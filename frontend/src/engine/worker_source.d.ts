/** The text of worker_entry.ts as one classic script; the build puts it in. */
declare module "worker-source" {
  const source: string;
  export default source;
}
