import type { Dispose, RenderContext } from "../hosts/model";
import { mountArchitecture } from "./architecture";
import { mountConvolution1D } from "./convolution1d";
import { mountConvolution2D } from "./convolution2d";
import { mountGradients } from "./gradients";
import { mountPooling2D } from "./pooling2d";

const widgets: Record<string, (context: RenderContext) => Dispose> = {
  architecture: mountArchitecture,
  "convolution-1d": mountConvolution1D,
  "convolution-2d": mountConvolution2D,
  gradients: mountGradients,
  "pooling-2d": mountPooling2D,
};

/** Shows the widget that the model is of. */
export function mountWidget(context: RenderContext): Dispose {
  const kind = String(context.model.get("widget"));
  const mount = widgets[kind];
  if (!mount) throw new Error(`This page code has no widget "${kind}".`);
  return mount(context);
}
