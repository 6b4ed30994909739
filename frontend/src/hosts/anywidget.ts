/** The page's code as the loader imports it: one module for every widget of a Jupyter page. */
export { mountWidget as render } from "../widgets/registry";
