/**
 * The room an element has, kept from the last layout: asking the element itself while others are
 * being written would lay out the whole page again. `onChange` is called when it has other room.
 */
export interface Room {
  width: number;
  height: number;
  stop(): void;
}

export function watchRoom(el: Element, onChange: () => void): Room {
  const observer = new ResizeObserver(([entry]) => {
    const { width = 0, height = 0 } = entry?.contentRect ?? {};
    // Out of the document an element has no size; it comes back with one.
    if (width === 0 || (width === room.width && height === room.height)) return;
    room.width = width;
    room.height = height;
    onChange();
  });
  const room: Room = { width: 0, height: 0, stop: () => observer.disconnect() };
  observer.observe(el);
  return room;
}
