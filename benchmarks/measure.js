/** Runs in the page before all else: times the way from an input event to the pixels. */
(() => {
  const OUTPUT = ".cw-panel-output .cw-picture-canvas";
  let inFrame = false;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    request((time) => {
      inFrame = true;
      try {
        callback(time);
      } finally {
        inFrame = false;
      }
    });

  let armed = null;
  let drag = null;

  /** After the frame that shows what was just written: this one, if its callbacks are running. */
  const painted = () =>
    new Promise((resolve) => {
      const after = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          resolve(performance.now());
          port1.close();
        };
        port2.postMessage(null);
      };
      if (inFrame) after();
      else request(after);
    });

  const written = (element) => {
    const now = performance.now();
    if (drag?.pending != null && element.matches(OUTPUT)) {
      drag.times.push(now - drag.pending);
      drag.pending = null;
    }
    if (!armed?.event || !armed.root.contains(element)) return;
    const { event, done } = armed;
    armed = null;
    void painted().then((paint) => done({ written: now - event, painted: paint - event }));
  };

  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    put.apply(this, args);
    if (this.canvas.matches(OUTPUT)) written(this.canvas);
  };
  // A picture that came as a file: decoded, and in its place.
  document.addEventListener("load", ({ target }) => target instanceof HTMLImageElement && written(target), true);

  window.addEventListener("keydown", (event) => armed && (armed.event ??= event.timeStamp), true);
  window.addEventListener(
    "input",
    ({ target }) => {
      if (!drag || target.type !== "range") return;
      const value = Math.round(target.value);
      if (value === drag.value) return;
      drag.value = value;
      drag.changes += 1;
      drag.pending ??= performance.now();
    },
    true,
  );

  window.measure = {
    /** The next key to the next new picture within `root`. */
    arm(root) {
      window.measure.result = new Promise((done) => (armed = { root, done, event: null }));
    },
    startDrag() {
      const mine = { times: [], gaps: [], changes: 0, pending: null, value: null, last: null };
      drag = mine;
      const frame = (time) => {
        if (mine.last !== null) mine.gaps.push(time - mine.last);
        mine.last = time;
        if (drag === mine) request(frame);
      };
      request(frame);
    },
    endDrag() {
      const { times, gaps, changes } = drag;
      drag = null;
      return { times, gaps, changes };
    },
  };
})();
