/** The page's code as a classic script, for pages opened from a file, where modules do not load. */
import { adoptImage } from "../widgets/pictures";
import { mountWidget } from "../widgets/registry";
import type { Patch } from "../widgets/session";
import { stateFromLink } from "../widgets/share";
import type { Dispose } from "./model";
import { type StaticPayload, descriptors, staticModel } from "./static_model";

/** Brings one exported widget to life in `el`; a link's fragment may carry another state for it. */
export function mountStatic(el: HTMLElement, payload: StaticPayload): Dispose {
  const linked = stateFromLink(location.hash, payload.widget);
  const state = linked ? { ...payload.state, ...withImage(linked, payload) } : payload.state;
  // A link pasted over the address of an open page changes only the fragment.
  addEventListener("hashchange", () => {
    if (stateFromLink(location.hash, payload.widget)) location.reload();
  });
  return mountWidget({ model: staticModel({ ...payload, state }), el });
}

/** The linked state with its picture, if it has one; nothing where this page does not know it. */
function withImage(linked: Patch, payload: StaticPayload): Patch {
  if (!("image" in payload.state)) return linked;
  const image = adoptImage(linked["image"], descriptors(payload));
  return image ? { ...linked, image } : {};
}
