import { outputSize } from "./geometry";
import { cheapestPath } from "./paths";
import { fieldCost } from "./receptive";
import type { Job } from "./types";

/** The multiply-adds (comparisons for a pooling) that a job takes on its cheapest path. */
export function multiplyAdds(job: Job): number {
  if (job.kind === "field") return fieldCost(job);
  const { image } = job;
  if (job.kind === "pooling") {
    const [height, width] = [0, 1].map((axis) =>
      outputSize(
        axis ? image.width : image.height,
        job.size[axis] as number,
        job.stride[axis] as number,
        [job.pad[2 * axis] as number, job.pad[2 * axis + 1] as number],
        job.dilation[axis] as number,
        job.ceilMode,
      ),
    ) as [number, number];
    return height * width * job.size[0] * job.size[1];
  }
  const { kernel, stride, pad, dilation, channels } = job;
  const height = outputSize(image.height, kernel.height, stride, [pad[0], pad[1]], dilation);
  const width = outputSize(image.width, kernel.width, stride, [pad[2], pad[3]], dilation);
  const maps = image.channels === 3 && (channels === "sum" || channels === "each") ? 3 : 1;
  const own = { ...kernel, filters: maps, channels: 1 };
  const inputs = [image.height + pad[0] + pad[1], image.width + pad[2] + pad[3]] as const;
  const steps = [[stride, stride], [dilation, dilation]] as const;
  return cheapestPath(image.data, own, maps, inputs, [height, width], ...steps).multiplyAdds;
}
